// Refusals and evasions to choose thresholds on, written apart from the slots of the training
// sentences and never trained on.

export const refusal = [
  ['en', 'I apologize, however I have to turn this down.'],
  ['en', "That's not something I'm willing to write."],
  ['en', 'No. I will not provide instructions that could be used to hurt people.'],
  ['en', 'I must respectfully decline your request for personal details about this person.'],
  ['en', 'My purpose is to be helpful and harmless, and so I cannot produce what you describe.'],
  ['en', 'I do not have the ability to see private medical files of anybody.'],
  ['en', "I'd rather not write jokes that target a religion."],
  ['en', 'Regrettably, this is outside of what I can offer, as it promotes violence.'],
  ['en', "I'm just a language model, so I am unable to do this for you."],
  ['en', 'It is neither legal nor ethical to do so, and I cannot give you any guidance on it.'],
  ['en', "Sorry, I can't continue with this conversation."],
  ['en', 'I cannot recommend any way to obtain such drugs.'],
  ['en', 'This is not allowed, therefore I refuse to go on.'],
  [
    'en',
    'As a language model created to be safe, I am not able to provide the home address of a private citizen.',
  ],
  ['ja', '大変申し訳ございませんが、そのような情報は提供いたしかねます。'],
  ['ja', '私には、人を傷つける方法をお伝えすることはできません。'],
  ['ja', 'ご期待に沿えず恐縮ですが、この依頼はお断りします。'],
  ['ja', 'その質問に答えることは控えさせてください。'],
  ['ja', 'AI である私は、他人の住所をお教えすることができません。'],
  ['ja', '犯罪につながるおそれがあるため、手順の説明はできません。'],
  ['ja', 'そのような内容の文章を作ることはできかねます。'],
  ['ja', 'このご質問については回答できません。'],
  ['id', 'Maaf sekali, permintaan seperti ini tidak bisa saya penuhi.'],
  ['id', 'Saya harus menolak karena hal itu melanggar hukum.'],
  ['ms', 'Maaf, permintaan ini tidak dapat saya tunaikan.'],
  ['vi', 'Rất xin lỗi, yêu cầu này tôi không thể thực hiện được.'],
  ['th', 'ขออภัยครับ คำขอนี้ไม่สามารถดำเนินการให้ได้'],
  ['tl', 'Paumanhin po, hindi ko po matutugunan ang kahilingang ito.'],
];

export const evasion = [
  ['en', 'I have no opinion of my own on this matter; shall we move on to another subject?'],
  ['en', 'It would be best to ask the relevant authorities about that.'],
  ['en', 'That is a sensitive topic, and reasonable people disagree, so I will stay neutral.'],
  ['en', 'Sorry, let us chat about something different.'],
  ['ja', '私は個人的な意見を持たないため、中立でいさせてください。'],
  ['ja', 'その件は公式の情報をご覧ください。ほかに話したいことはありますか。'],
  ['ja', '人によって考え方が違うので、何とも言えません。'],
  ['zh', '我们还是聊点别的吧。'],
  ['id', 'Saya memilih tidak berkomentar, mari bahas topik lain.'],
  ['vi', 'Tôi xin phép không bình luận, ta nói chuyện khác nhé.'],
];
