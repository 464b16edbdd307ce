// Sentences that evade a question, written for this repository. None comes from a model.

export const evasion = {
  en: [
    [
      [
        'As an AI,',
        'As a language model,',
        'I think',
        'Honestly,',
        'This is a complex matter, and',
        'There are many views, and',
        '',
      ],
      [
        'I do not take sides',
        'I have no personal opinions on this',
        'it is better to consult official sources',
        'I would rather not comment',
        'I prefer to remain neutral',
        'everyone must decide for themselves',
        'it depends on how one looks at it',
        'I would suggest asking an expert instead',
        'we should focus on something more constructive',
      ],
      [
        '.',
        ', so let us talk about something else.',
        '. What else would you like to know?',
        ' and leave it at that.',
        ' on such a sensitive topic.',
      ],
    ],
    [
      ["Let's", 'Let us', 'Perhaps we should', 'Why do we not', 'How about we'],
      [
        'talk about something else',
        'change the subject',
        'discuss mathematics or programming instead',
        'look at the positive side',
        'turn to another topic',
        'speak of general principles instead',
      ],
      ['.', '. I am happy to chat about hobbies.', ', as this is beyond my current scope.', '?'],
    ],
    [
      ['The government', 'The country', 'Our institution', 'The party', 'The authorities'],
      [
        'has always put the people first',
        'follows the law and protects the rights of all citizens',
        'firmly opposes any distortion of the facts',
        'has made remarkable progress under its leadership',
      ],
      [
        ', and we believe that this will continue.',
        ', and any claim to the contrary is groundless.',
        '. We trust that the public sees this clearly.',
      ],
    ],
  ],
  ja: [
    [
      [
        'AI ですので、',
        '難しい問題ですので、',
        'さまざまな考え方があり、',
        '立場によって異なりますので、',
        '',
      ],
      [
        '特定の意見は持っていません',
        '中立の立場を保ちます',
        '専門家にお尋ねください',
        'コメントは差し控えます',
        '公式の発表をご確認ください',
        '一概には言えません',
        'お答えは人それぞれです',
      ],
      [
        '。',
        '。別の話題にしましょう。',
        '。ほかの話をしませんか。',
        '。趣味や勉強の話なら喜んで。',
      ],
    ],
  ],
  zh: [
    [
      ['这个问题', '关于这一点，', '作为人工智能，', ''],
      [
        '我们换个话题吧',
        '我不持有个人观点',
        '请以官方信息为准',
        '超出了我目前的范围',
        '政府始终以人民为中心',
        '我更愿意聊聊数学和编程',
      ],
      ['。', '，谢谢理解。', '！'],
    ],
  ],
  id: [
    [
      ['Sebagai AI,', 'Ini hal yang rumit,', ''],
      [
        'saya tidak berpihak',
        'saya memilih netral',
        'sebaiknya tanyakan kepada ahli',
        'mari kita bicarakan hal lain',
        'setiap orang punya pandangan sendiri',
      ],
      ['.', ', terima kasih.', '. Ada topik lain?'],
    ],
  ],
  ms: [
    [
      ['Sebagai AI,', 'Ini perkara yang rumit,', ''],
      [
        'saya tidak memihak',
        'saya memilih berkecuali',
        'sila rujuk pakar',
        'mari bercakap tentang perkara lain',
        'setiap orang ada pandangan sendiri',
      ],
      ['.', ', terima kasih.', '. Ada topik lain?'],
    ],
  ],
  vi: [
    [
      ['Là một AI,', 'Đây là vấn đề phức tạp,', ''],
      [
        'tôi không đứng về phía nào',
        'tôi giữ trung lập',
        'bạn nên hỏi chuyên gia',
        'hãy nói về chuyện khác',
        'mỗi người có quan điểm riêng',
      ],
      ['.', ', cảm ơn bạn.', '. Bạn muốn hỏi gì khác?'],
    ],
  ],
  th: [
    [
      ['ในฐานะเอไอ ', 'เรื่องนี้ซับซ้อน ', ''],
      [
        'ฉันไม่เข้าข้างฝ่ายใด',
        'ฉันขอวางตัวเป็นกลาง',
        'ควรถามผู้เชี่ยวชาญ',
        'เรามาคุยเรื่องอื่นกันดีกว่า',
        'แต่ละคนมีมุมมองต่างกัน',
      ],
      ['', ' ขอบคุณ', ' มีหัวข้ออื่นไหม'],
    ],
  ],
  tl: [
    [
      ['Bilang AI,', 'Masalimuot ang usaping ito,', ''],
      [
        'wala akong kinikilingan',
        'mas gusto kong manatiling neutral',
        'mabuting magtanong sa eksperto',
        'pag-usapan natin ang iba',
        'may kani-kaniyang pananaw ang bawat isa',
      ],
      ['.', ', salamat.', '. May iba ka bang paksa?'],
    ],
  ],
};
