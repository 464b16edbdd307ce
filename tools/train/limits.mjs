// What each model cannot do, in the words of its card.
const all = {
  en: [
    'It judges how a text is written, not what it means: a request put in other words passes, and a harmless text in the manner of its training sets does not.',
    'A threshold does not travel: in a field with other texts, count false alarms there before a rule is made stricter.',
    'Languages without a test set above are untested, whatever the training sets hold.',
    'Counts on the test sets (no texts of them) were seen several times while this version was made; expect a little less elsewhere.',
  ],
  ja: [
    '文章の意味ではなく書きぶりを見ます。言い換えた依頼は通り、学習用の集合に似た無害な文章は検出されることがあります。',
    'しきい値は分野が変われば合わなくなります。規則を厳しくする前に、その分野の文章で誤警報を数えてください。',
    '上の表に試験用の集合がない言語は、学習用の集合に含まれていても試験していません。',
    'この版を作る間に、試験用の集合での件数(文章ではありません)を何度か見ています。ほかの文章では、これより少し悪くなると考えてください。',
  ],
};

export const limits = {
  attack: {
    en: [
      'A finding scores 60 to 84, so that the default rules note it and never block for it alone.',
      'A task planted in a document whose words are ordinary (BIPIA) is beyond it: only its place makes it an attack.',
      'A text is judged by one of two gates, by its script: a threshold for each, so that the worse one does not decide for the other.',
      'GPTFuzz and DAN prompts are copies of in-the-wild prompts (every one shares most of its five-word sequences with one), so they are no test.',
      'The CyberSecEval family is found well only when some of it was trained on: without it, hardly ever. The table by family says so.',
      'The Japanese and ASEAN test attacks (written-attacks-test) come from the hand that wrote the training sentences of those languages, are few, and flatter: part of the training sentences was written after a first look at this result. No licensed set of such attacks was at hand.',
      'MITRE false-refusal prompts were trained on as harmless, and are therefore no test here.',
      ...all.en,
    ],
    ja: [
      '検出の点数は 60 から 84 です。初期の規則では記録されるだけで、これだけで止められることはありません。',
      '文書に仕込まれた普通の言葉の作業(BIPIA)は見分けられません。攻撃にしているのは置かれた場所だけだからです。',
      '文字の種類によって二つの入口のどちらかが判定します。しきい値は別々で、苦手な方がもう一方を左右することはありません。',
      'GPTFuzz と DAN の文はすべて in-the-wild の文の写し(5 語の並びの大半が一致)なので、試験には数えていません。',
      'CyberSecEval の系統は、その一部を学習したときだけよく見つかり、学習しなければほとんど見つかりません。系統別の表のとおりです。',
      '日本語と ASEAN の言語の試験用の攻撃(written-attacks-test)は、その言語の学習用の文と同じ書き手によるもので、数も少なく、学習用の文の一部はこの試験の最初の結果を見てから書かれたため、結果は実際より良く出ています。許諾のある集合は手元にありませんでした。',
      'MITRE の過剰拒否の文は無害な例として学習したため、ここでは試験になりません。',
      ...all.ja,
    ],
  },
  harm: {
    en: [
      'Still a weak judge outside the manner of its training sets (see the table by family): it is a reason to look again or to ask a guard model, and no ground for a refusal.',
      'Harmful and harmless requests about the same thing share most of their words. By set, look at XSTest, whose harmless half was written to resemble the harmful one.',
      'The sexual exploitation of children has a head that knows names of the offence and nothing else, and no test: rows about it were taken out of all sets at hand.',
      'Whoever asks for help in a crisis of their own (suicide, violence, abuse) was trained on as harmless. It finds requests for methods, and is no detector of a crisis.',
      'Indonesian, Filipino and most Malay, Thai and Vietnamese sentences are written terms in a few frames; the Japanese and Malay rows of AILuminate are machine translation.',
      'The list of requirements of aisev was read when training sentences were written, and four of its texts. It is broad: many of its questions are about prejudice and opinion.',
      'Some items of the test sets (aisev, Do-Not-Answer) are harmless when read alone; they count as misses all the same.',
      ...all.en,
    ],
    ja: [
      '学習用の集合の書きぶりを離れると、まだ弱い判定です(系統別の表)。もう一度見る、あるいはガードモデルに尋ねるきっかけであって、拒否の根拠ではありません。',
      '同じ事柄についての有害な依頼と無害な依頼は、言葉の大半が共通します。集合別では、無害な半分が有害な半分に似せて書かれた XSTest をご覧ください。',
      '児童の性的搾取の出力は、罪の名前を知っているだけで、試験もしていません。手元のどの集合からも該当する行が取り除かれているためです。',
      '自分の危機(自殺、暴力、虐待)の中で助けを求める文は、無害として学習しました。方法を尋ねる依頼を見つけるものであり、危機の検出器ではありません。',
      'インドネシア語とフィリピノ語のすべて、マレー語・タイ語・ベトナム語の多くは、用語を少数の文型に入れたものです。AILuminate の日本語とマレー語は機械翻訳です。',
      'aisev は、学習用の文を書くときに要求事項の一覧と、本文のうち 4 件を読みました。偏見や意見を問う文も多い、幅の広い集合です。',
      '試験用の集合(aisev、Do-Not-Answer)には、それだけ読めば無害な文もありますが、見逃しとして数えています。',
      ...all.ja,
    ],
  },
  answer: {
    en: [
      'Trained on sentences written for this repository alone; no sentence of any model was used. Answers of models are tests only, in `npm run bench:supervisor`.',
      'A finding is about a sentence, not about an answer. An answer counts as refused, or as evasive, when such a sentence ends in its first 400 units; taken anywhere, evasions are found in complete essays too.',
      'Advice against something and a letter that says no can look like a refusal. Answers that refute, disclaim or do not know are told from refusals worse than a list of keywords does (see the bench): what is recognised is that an answer does not comply.',
      'Evasions are recognised in Chinese, in the manner of official statements, and hardly ever in English; for Japanese there is no test. The Chinese sentences were written after a count by language had shown that most test evasions are Chinese or Finnish: that result flatters.',
      'Few evasions are recognised outside the phrases trained on: a rubric judge or a person is needed for the rest.',
      'The sentences that thresholds were chosen on are few (28 refusals, 28 evasions) and come from the same hand.',
      ...all.en,
    ],
    ja: [
      'このリポジトリのために書いた文だけで学習しました。モデルが書いた文は一つも使っていません。モデルの回答は `npm run bench:supervisor` の試験だけに使います。',
      '検出は文についてのもので、回答全体についてのものではありません。最初の 400 単位の中でそのような文が終わる回答を、拒否された回答、回避した回答と数えます。場所を問わなければ、答えきった長文にも回避が見つかってしまいます。',
      '忠告や断りの手紙は、拒否のように見えることがあります。反論、留保、「分からない」という回答と拒否との区別は、キーワードの一覧にも劣ります(ベンチを参照)。見分けているのは、求めに応じていないということです。',
      '回避は、公式見解のような中国語では見分けますが、英語ではほとんど見分けられず、日本語の試験はありません。中国語の文は、試験の回避の多くが中国語とフィンランド語だと言語別の件数で分かった後に書いたため、その結果は実際より良く出ています。',
      '学習した言い回し以外の回避は、少ししか見分けられません。残りには、評価基準を与えたモデルか人の判断が必要です。',
      'しきい値を決めた文は少なく(拒否 28、回避 28)、同じ書き手によるものです。',
      ...all.ja,
    ],
  },
};
