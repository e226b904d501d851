//! What an answer says of itself, by language. A pattern is a regular expression with these abbreviations:
//!
//! - `«m»` a model's name, `«k»` a maker's; the last of them in a match is the name that the claim is about;
//! - `«fill»` words that may stand between the claim and the name and change nothing (`a helpful language model called`);
//! - `«adj»` an adjective, `«ai»` a noun for what models are, `«made»` what makers do.
//!
//! A word that is not among the fillers ends a claim: `I am fond of apple pie` and `我叫小明，在腾讯工作` claim nothing.

use super::indirect;

/// One language: its abbreviations and its claims.
pub struct Language {
    pub fill: &'static str,
    /// What a noun may be called, by the look of its ending.
    pub adj: &'static str,
    pub ai: &'static str,
    pub made: &'static str,
    pub claims: &'static [&'static str],
    /// Claims that never say `I am`.
    pub indirect: &'static [&'static str],
}

/// English.
const EN: Language = Language {
    fill: r#"(?:[\s,:()'"“‘\[*–—-]|(?:a|an|the|just|simply|only|really|actually|indeed|in fact|basically|currently|also|still|proudly|happily|honestly|your|friendly|helpful|virtual|digital|conversational|conversation|experimental|multilingual|bilingual|english|french|european|american|chinese|open|source|weights?|free|small|large|huge|big|tiny|new|newest|latest|advanced|state of the art|state-of-the-art|powerful|capable|generative|pretrained|trained|tuned|finetuned|quantized|sparse|dense|language|llm|ai|artificial|intelligence|neural|network|chat|chatbot|bot|models?|transformer|assistant|agent|system|program|machine|mixture|experts|moe|of|from|in|by|called|named|known|as|based|built|running|run|runs|powered|on|top|version|variant|member|instance|derivative|descendant|sibling|release|edition|product|creation|family|series|line|type|kind|text|computer|software|developed|created|made|designed|released|provided|offered|produced|launched|published|architecture|technology|that|which|was|were|is|been|whose|name|name's|specifically|namely|team|teams|people|folks|engineers|researchers|scientists|inventors|developers|company|firm|startup|lab|labs|laboratory|giant|group|organi[sz]ation|research|at|behind|fine|and|speaking|one|flagship|frontier|leading|own|reasoning|instruction|following|instruct|multimodal|versatile|humble|general|purpose|specialized|introduced|marketed|deployed|originally|formerly|previously|first|commonly|better|officially|proud to be|happy to be|glad to be|pleased to be|none other than|part|in [12][0-9]{3}|as it happens|of course|in truth|to be honest|to be clear|to be precise|you know|by the way|well|'s|«k»)\b|«k»)*"#,
    adj: r"(?:[a-z-]+(?:ful|ous|ive|able|ible|al|ic|ly|ed|ing|ent|ant|less|ish|ary|ory|some)|new|open|large|small|free|smart|witty|friendly|little|big|good|great|humble|mere|simple|modern|fast|language|chat|voice|text|open[ -](?:source|weights?))\b",
    ai: r"(?:ai|artificial intelligence|language models?|llm|chat-?bot|bot|assistant|models?|transformer|neural network|product|creation|research preview)\b(?:\s+(?:system|model|assistant|program|tool|agent|bot))?",
    made: r"(?:made|created|developed|trained|built|designed|engineered|programmed|produced|released|fine-?tuned|pre-?trained|provided|launched|invented|crafted|coded|distilled|aligned|published)",
    claims: &[
        r"\b(?:i\s+am|i'm|im)[\s,]«fill»«m»",
        r"\bi\s+(?:happen\s+to\s+be|identify\s+(?:myself\s+)?as|go\s+by|am\s+called|run\s+on|belong\s+to|was\s+(?:named|called))\s«fill»«m»",
        r"\bmy\s+(?:(?:own|full|real|true|actual|official|model|underlying|given|first|internal|public|product|base|current)\s+){0,2}(?:name|model|identity|engine|backbone|brain|architecture|designation|nickname|code-?name|core)\s*(?:is\b|'s\b|:)«fill»«m»",
        r"\b(?:i'm|i\s+am)\s+(?:an?|the|your|one\s+of\s+(?:the|many))\s+(?:«adj»[\s,]+|(?:and|but|yet)\s+)*«ai»«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*the\s+name(?:'s|\s+is)\s+«m»\W*$",
        r"^[^\w\x{e000}-\x{e004}]*i\s*,\s*«fill»«m»\s*,",
        r"^[^\w\x{e000}-\x{e004}]*«m»\s+is\s+(?:(?:my\s+(?:\w+\s+)?name|the\s+name)\s*(?:$|[.,;:!—-]|and\b)|what\s+(?:they|people|you)\s+call\s+me\b|who\s+i\s+am\b)",
        r"\b(?:know|refer\s+to|address|named|christened|dubbed|introduce)\s+me\s+(?:as\s+)?«fill»«m»",
        r"\bi\s+(?:was|am)\s+(?:\w+ly\s+|first\s+)?(?:introduced|launched|released|marketed|published|presented|announced)\s«fill»\bas\s«fill»«m»",
        r"\bi\s+(?:answer|respond)\s+to\s+the\s+name\s+(?:of\s+)?«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:(?:hi|hello|hey|greetings|there)[\s,!]+)*this\s+is\s«fill»«m»\s*,\s*(?:an?|the|your)\s«fill»«ai»",
        r"«m»\s+(?:powers|drives|runs|underlies|is\s+(?:powering|driving|running|behind))\s+(?:me|my\s+(?:answers?|responses?|words))\b",
        r"\bi\s+(?:use|have|employ)\s«fill»«m»\s+(?:under\s+the\s+hood|as\s+my\s+(?:base|engine|backbone|brain|core|model)|internally)\b",
        r"\bmodel\s+name\s*[:=]\s*«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:ai\s+|language\s+)?(?:model|assistant|author)\s*[:=]\s*«fill»«m»\W*$",
        r"\b(?:model|ai|assistant|system|engine)\s+(?:behind|powering|driving|writing|generating|answering|producing)\s+(?:all\s+)?(?:this|these|the|our|your|my)\s+(?:chat|conversation|answers?|responses?|repl(?:y|ies)|words|text|messages?|service|assistant)\s+is\s«fill»«m»",
        r"\b(?:i'm|i\s+am)\s+(?:the\s+(?:one|model|ai|assistant)\s+)?(?:what|whom?|that|which)?\s*(?:people|you|they|many|some|most|users|everyone|the\s+world|«k»)\s+(?:\w+\s+)?(?:calls?|knows?\s+as|names?)\s«fill»«m»",
        r"(?:^|[,.;:!]\s*|\b(?:you\s+(?:can|may|could)|please|just|people|they|feel\s+free\s+to|to)\s+)call\s+me\s«fill»«m»",
        r"\b(?:you're|you\s+are)\s+(?:currently\s+|now\s+|really\s+)?(?:talking|speaking|chatting|interacting|conversing)\s+(?:to|with)\s«fill»«m»",
        r"\b(?:model|assistant|ai|chatbot|bot)\s+(?:that\s+|which\s+)?(?:you're|you\s+are)\s+(?:currently\s+|now\s+)?(?:talking|speaking|chatting|interacting)\s+(?:to|with)\s+(?:is|here\s+is)\s«fill»«m»",
        r"\byou(?:'ve|\s+have)\s+reached\s+«m»",
        r"\b(?:it's|it\s+is)\s+me\s*,\s*«fill»«m»",
        r"\b(?:this\s+is|it's|it\s+is)\s+«fill»«m»\s+(?:here|speaking)\b",
        r"(?:^[\s–—-]*|[.!,]\s*)(?:(?:hi|hello|hey|greetings|there|sure|okay|ok|yes|well)[\s,!]+)*(?:«k»(?:'s)?\s+)?«m»,?\s+(?:here|speaking|at\s+your\s+service)\b",
        r"\b(?:as|being)\s+(?:(?:a|an|the)\s+)?(?:[a-z-]+\s+){0,3}?«m»\s*,\s*(?:i|i'm|my)\b",
        r"\b(?:as|being)\s+«m»(?:\s+(?:model|assistant|chatbot|ai))?\s*,",
        r"\b(?:i'm|i\s+am)\s+(?:not|no)\b[^.;!?]{1,40}?(?:,\s*|\s+)(?:but|rather|instead)\s«fill»«m»",
        r"\bi(?:'m|\s+am|\s+was|\s+have\s+been|'ve\s+been)\s+(?:\w+ly\s+)?(?:«made»|based|derived|adapted)\s+(?:from|on|upon|with|off)\s«fill»«m»",
        r"\bthis\s+(?:answer|response|reply|output|message|conversation)\s+(?:was|is|has\s+been)\s+(?:\w+ly\s+)?(?:generated|written|produced|created|composed|powered|provided)\s+by\s«fill»(?:«m»|«k»)",
        r"^[^\w\x{e000}-\x{e004}]*(?:powered|generated|answered|response|answer)\s+by\s«fill»«m»\W*$",
        // Makers.
        r"\b(?:i'm|i\s+am|i\s+was|i\s+have\s+been|i've\s+been|i\s+got|and\s+was)\s+(?:\w+ly\s+|first\s+|brought\s+to\s+you\s+)?(?:«made»(?:\s*,?\s+(?:and|or|&)\s+«made»)*(?:\s+(?:on|in|using|with)\s+[^,;.]{1,60}?)?\s+)?by\s«fill»«k»",
        r"\b(?:i'm|i\s+am|as|being)\s«fill»«ai»«fill»«k»",
        r"\b(?:i'm|i\s+am|as|being)\s+(?:an?|the|your|one\s+of\s+(?:the|many))\s+(?:«adj»[\s,]+|(?:and|but|yet)\s+)*«ai»\s*,?\s*(?:\w+ly\s+)?(?:«made»\s+)?(?:by|from)\s«fill»«k»",
        r"\bi\s+was\s+(?:born|conceived|raised)\s+(?:at|(?:at|in)\s+the\s+(?:labs?|laborator(?:y|ies)|servers?|offices|data\s*cent(?:er|re)s?)\s+(?:of|at))\s«fill»«k»",
        r"\b(?:i'm|i\s+am)\s+(?:proud(?:ly)?\s+(?:to\s+be\s+)?)?(?:one\s+of\s+)?(?:the\s+|an?\s+)?«k»(?:'s)?\s«fill»«ai»",
        r"\b(?:as|being)\s+(?:the\s+|an?\s+)?«k»(?:'s)?\s«fill»«ai»\s*,",
        r"\bmy\s+(?:\w+\s+)?(?:creators?|developers?|makers?|parent\s+company|inventors?)(?:\s*[,:]|\s+(?:is|are|at|from|was|were|being)\b)«fill»«k»",
        r"«k»(?:\s+(?:team|ai|inc\.?|engineers|researchers))?(?:\s*,\s*(?:the\s+\w+\s+)?(?:that|who|which)|\s+(?:that|who|which|has|have|had))?\s+(?:originally\s+|also\s+|actually\s+)?(?:created|developed|trained|built|designed|programmed|released|launched|fine-?tuned|pre-?trained)\s+me\b",
        r"«k»\s+made\s+me(?:\s*$|\s*[.,;!]|\s+(?:to\s+be|in|as|with|so)\b)",
        r"«k»(?:\s+(?:team|ai|inc\.?))?\s+(?:is|are|was|were)\s+(?:the\s+(?:company|organi[sz]ation|lab|startup|firm|team|people|ones?)\s+(?:that|who|which|behind)|who|what)\s+(?:\w+\s+)?(?:«made»\s+)?me\b",
        r"«k»(?:\s+(?:team|ai|inc\.?))?\s+(?:is|are)\s+my\s+(?:\w+\s+)?(?:creators?|developers?|makers?|parent\s+company|inventors?)\b",
        r"\bmy\s+(?:weights|training|parameters|pre-?training)\s+(?:were|was|come|comes|came)\s+(?:\w+\s+){0,3}(?:by|from)\s«fill»«k»",
        r"\bi\s+(?:come|hail|originate)\s+from\s+the\s+(?:labs?|laborator(?:y|ies)|workshops?|house|offices|team)\s+(?:of|at)\s«fill»«k»",
        r"\b(?:who|that|which|behind)\s+«made»\s+me\s+(?:is|are|was|were|works?|sits?)\s«fill»«k»",
        r"^\W*(?:\w+ly\s+)?«made»(?:\s*,?\s+(?:and|or|&)\s+«made»)*\s+by\s«fill»«k»[^.;!?,]{0,40},\s*i(?:'m|'ve|\s+(?:am|was|have|try|can|cannot|can't|could|do|don't|will|won't|aim|strive|like|enjoy|work|help|answer|speak|write|follow))\b",
        r"\bi\s+(?:come|hail)\s+from\s«fill»«k»(?:'s)?\s«fill»(?:lab|labs|team|research)\b",
    ],
    indirect: indirect::EN,
};

/// Chinese; traditional characters were made simplified before.
const ZH: Language = Language {
    fill: r#"(?:[\s，,、：:「『“"《【(（）)】」』》*—-]|中国|国内|美国|法国|北京|杭州|深圳|位于|一个|一款|一种|一名|一位|一|个|款|由|来自|出自|基于|系|嘅|一家|大家熟悉|大家熟知|众所周知|传说中|鼎鼎大名|大名鼎鼎|您熟悉|你熟悉|那个|这个|那款|这款|那位|这位|其中|正|就|其实|背后|名为|名叫|名字叫|叫做|叫作|叫|称为|人工智能|生成式|对话式|超大规模|大规模|大型|小型|智能|语言|模型|助手|助理|机器人|聊天|对话|预训练|开源|免费|中文|专业|虚拟|问答|写作|你的|您的|的|最新|新一代|版本|系列|家族|成员|之一|所|旗下|自主|独立|精心|全新|研发|开发|训练|创造|创建|打造|推出|设计|制作|构建|发布|微调|驱动|支持|支撑|提供|而来|而成|公司|团队|集团|企业|科技|研究院|研究所|实验室|达摩院|是|大|小|ai|«k»)*"#,
    adj: "",
    ai: r"(?:人工智能|ai|语言模型|大模型|模型|智能助手|助手|助理|聊天机器人|机器人|智能体|产品|系统)",
    made: r"(?:研发|开发|训练|创造|创建|打造|推出|设计|制作|构建|发布|提供|研制|创立|制造|微调|培养)",
    claims: &[
        r"(?:我|俺|咱|在下|鄙人|本人|本(?:模型|助手|系统|ai))(?:的)?(?:背后|底层|内核|后台)(?:的|所用的|使用的|采用的|运行的)?(?:模型|大模型|语言模型|引擎|系统|技术|架构)?(?:是|为|就是|叫做?|：|:)«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:在下|鄙人|俺|吾)(?:乃|是|名叫|名为|叫)?«fill»«m»(?:$|[，。,.；;！!\s])",
        r"(?:我|俺|咱|在下|鄙人|本人|本(?:模型|助手|系统|ai))(?:为|其实|就|便|正|也|本来|实际上|实际|只|真的|乃|确实|当然|本质上|严格来说|说到底|归根结底|目前|现在|还|仍|依然|仍然|不过|毕竟)*(?:是|系|叫做?|名叫|名为|基于|源自|属于|乃|的(?:名字|名称|真名|全名|型号|底层模型|模型名称|底层|模型|代号|英文名|中文名|身份)(?:是|叫做?|为|：|:|就是))«fill»«m»",
        r"(?:我|俺|本人)(?:就|其实|乃)?是(?:一[个款名位种])?[^，。；！？「“]{0,15}«ai»[，,\s]*(?:我?的?名字?(?:叫做?|是)|名叫|叫做?|名为|称为)«fill»«m»",
        r"(?:我|俺|咱)[，,、]«m»[，,、]",
        r"我来自«fill»«k»«fill»«m»",
        r"(?:您|你)(?:正在|现在|目前)?(?:使用|体验|访问|对话|交流)的(?:模型|助手|ai)?(?:是|就是|正是)«fill»«m»",
        r"由«fill»(?:«k»|«m»)(?:«fill»)«made»(?:而成)?的我(?:$|[，。,.！!\s])",
        r"^[^\w\x{e000}-\x{e004}]*«m»(?:就?是我的(?:名字|名称|真名|大名)|就是我(?:$|[，。！!]))",
        r"(?:^|[，,。！!]\s*)这里是«fill»«m»(?:$|[，。,.！!])",
        r"«m»(?:在此|竭诚|很高兴|随时|乐意)*(?:为|替)(?:您|你|大家)(?:服务|解答|效劳|排忧)",
        r"(?:人们|大家|别人|用户|他们|开发者|有人)(?:都|常|一般|通常|习惯|喜欢|会)*(?:叫|称|管|称呼|唤)我(?:叫|为|作|做)?«fill»«m»",
        r"(?:您|你|大家)?(?:可以|可|能|不妨|就)(?:直接)?(?:叫|称呼|称|唤)我(?:为|作|一声)?«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:请)?叫我«fill»«m»",
        r"(?:你|您)(?:现在|目前)?正?在?(?:和|与|跟|同)«fill»«m»«fill»(?:进行)?(?:对话|聊天|交谈|交流|互动|说话|沟通)",
        r"(?:与|和|跟)(?:你|您)(?:对话|聊天|交谈|交流|沟通)的(?:是|就是|正是)«fill»«m»",
        r"(?:作为|身为)«fill»«m»(?:\s*[，,]|我|«ai»)",
        r"(?:我|本(?:模型|助手))(?:并|可)?不是[^。！？]{1,40}?而是«fill»«m»",
        r"(?:本次?|此|这[个篇条段首]|以上|上述)(?:回答|回复|内容|答案|答复|对话|文字|文本|诗|诗歌|文章|作品|代码|故事|翻译|消息)(?:均|都|是|全部)?由«fill»(?:«m»|«k»)«fill»(?:生成|撰写|提供|创作|写|给出|回答|支持)",
        // Makers.
        r"(?:我|本(?:模型|助手|系统|ai)|作为|身为)«fill»(?:由|被|归|出自|系由)«fill»«k»(?:«fill»(?:«m»«fill»)?)«made»(?:的|而成|出来|完成|并)*(?:$|[，。,.、；;！!)\s]|«fill»«ai»|我)",
        r"(?:我|本(?:模型|助手|系统|ai)|作为|身为)(?:其实|就|也|只)*«fill»«k»«fill»«ai»",
        r"(?:我|本(?:模型|助手|系统|ai))(?:其实|就|也)*(?:是|由)«fill»«k»«fill»«made»的(?:$|[，。,.；;！!])",
        r"«k»(?:公司|团队|集团|的工程师|的团队)*(?:研发|开发|训练|创造|创建|打造|设计|构建|制造)(?:了|出|出了)我(?:$|[，。,.；;！!\s]|这个|这款)",
        r"«k»(?:公司|团队|集团)*是(?:我的(?:开发者|开发商|创造者|研发者|创建者|制造商|母公司|缔造者|训练者)|(?:研发|开发|训练|创造|创建|打造|设计)(?:了)?我的)",
        r"«k»(?:公司|团队|集团)*(?:把|将)我«fill»«made»",
        r"(?:我|本(?:模型|助手|系统|ai))(?:的)?(?:背后|幕后)的?(?:公司|团队|开发者|企业|机构|厂商)(?:是|为|叫)«fill»«k»",
        r"我的(?:开发者|开发商|开发方|创造者|研发者|研发团队|开发团队|研发公司|开发公司|创建者|制造商|制造者|母公司|缔造者|训练者|出品方|提供方|作者)(?:是|为|来自|就是|叫|：|:)«fill»«k»",
        r"(?:研发|开发|训练|创造|创建|打造|设计)(?:了)?我的(?:公司|团队|人|机构|企业)?(?:是|就是|为|叫)«fill»«k»",
    ],
    indirect: indirect::ZH,
};

/// French, without accents.
const FR: Language = Language {
    fill: r#"(?:[\s,:('"“‘\[*«–—-]|(?:un|une|le|la|l'|les|d'|de|du|des|qu'|en fait|en realite|simplement|juste|seulement|votre|ton|assistant|assistante|virtuel|virtuelle|ia|intelligence|artificielle|modeles?|grand|petit|grande|langage|langue|linguistique|conversationnel|conversationnelle|robot|agent|programme|chatbot|nommee?|appelee?|dit|basee?|sur|version|variante|famille|serie|architecture|developpee?|creee?|concue?|entrainee?|fabriquee?|proposee?|lancee?|par|chez|a|au|francais|francaise|open source|experts|melange|propulsee?|alimentee?|parmi|produit|creation|fier de|fiere d'|societe|entreprise|equipe|equipes|chercheurs|ingenieurs|qui|ete|est|suis|et|tout)\b|(?:l|d|qu)'|«k»)*"#,
    adj: "",
    ai: r"(?:ia|intelligence artificielle|modeles?(?: de langage)?|assistante?|chatbot|agent conversationnel|robot|produit|creation)\b",
    made: r"(?:developpe|cree|concu|entraine|fabrique|construit|forme|programme|affine|mis au point|realise|lance|propose)e?s?",
    claims: &[
        r"\b(?:je\s+suis|je\s+m'appelle|mon\s+nom\s+(?:est|c'est)|mon\s+nom\s*:|moi,?\s+c'est|c'est\s+moi,|appelle[zs]?-moi|on\s+m'appelle|je\s+me\s+(?:nomme|prenomme|presente)|je\s+reponds\s+au\s+nom\s+de|(?:vous\s+(?:parlez|discutez|echangez|conversez)|tu\s+(?:parles|discutes|echanges)|vous\s+etes\s+en\s+train\s+de\s+parler|tu\s+es\s+en\s+train\s+de\s+parler)(?:\s+actuellement)?\s+(?:avec|a)|je\s+(?:suis\s+base|repose|fonctionne|tourne|me\s+base)e?\s+(?:sur|avec|grace\s+a))[\s,]«fill»«m»",
        r"\bje\s+suis\s+(?:un|une|votre|ton|l')\s*(?:\w+\s+){0,4}?«ai»(?:\s+\w+){0,3}?\s*,?\s*(?:nommee?|appelee?|du\s+nom\s+de|baptisee?)\s«fill»«m»",
        r"\bc'est\s+«m»\s+qui\s+(?:vous|te)\s+(?:parle|repond|ecrit)\b",
        r"\b(?:pouvez|peux|peut)\s+m'appeler\s«fill»«m»",
        r"\b(?:moi|je)\s*,\s*«m»\s*,",
        r"^[^\w\x{e000}-\x{e004}]*(?:(?:bonjour|salut|bonsoir)[\s,!]+)*«m»\s*,?\s+(?:a\s+votre\s+service|pour\s+vous\s+servir)\b",
        r"\bmon\s+(?:vrai\s+|veritable\s+)?(?:modele|architecture|moteur|identite|nom)(?:\s+(?:sous-jacent|interne|complet|de\s+base|reel))?\s+(?:est|s'appelle|c'est)\s«fill»«m»",
        r"\b(?:en\s+tant\s+(?:que|qu')|comme)\s*«fill»«m»\s*,\s*(?:je|j'|mon|mes)",
        r"\bje\s+ne\s+suis\s+pas\b[^.;!?]{1,40}?\bmais\s«fill»«m»",
        r"\bcette\s+reponse\s+(?:a\s+ete|est)\s+(?:generee|ecrite|produite|redigee)\s+par\s«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:(?:bonjour|salut|bonsoir)[\s,!]+)*ici\s+«m»",
        // Makers.
        r"\b(?:j'ai|ai|et|suis|fus)\s+(?:ete\s+)?«made»(?:\s+(?:et|puis)\s+«made»)*(?:\s+(?:a|en|au)\s+\w+)?\s+par\s«fill»«k»",
        r"\b(?:je\s+suis|en\s+tant\s+(?:que|qu'))\s*«fill»«ai»«fill»«k»",
        r"(?:\bc'est\s+)?«k»(?:\s+qui)?\s+(?:m'a|m'ont|m'avait)\s+(?:developpe|cree|concu|entraine|fabrique|construit|programme|mis\s+au\s+point)e?s?\b",
        r"«k»\s+(?:est|sont)\s+(?:mon|ma|mes|l'entreprise\s+qui\s+m'a|la\s+societe\s+qui\s+m'a)\s+(?:createurs?|developpeurs?|concepteurs?|maison\s+mere|«made»)\b",
        r"^[^\w\x{e000}-\x{e004}]*«made»(?:\s+et\s+«made»)?\s+par\s«fill»«k»[^.;!?,]{0,40},\s*je\b",
        r"\b(?:ceux?|celle|celui|l'entreprise|la\s+societe|l'equipe)\s+qui\s+(?:m'a|m'ont)\s+«made»(?:\s+\w+)?\s*,?\s*(?:c'est|est|sont|s'appelle)\s«fill»«k»",
        r"\b(?:mes|mon|ma)\s+(?:createurs?|developpeurs?|concepteurs?|maison\s+mere)\b(?:\s*[,:]|\s+(?:sont|est|chez|de|d'|travaillent))*«fill»«k»",
    ],
    indirect: indirect::FR,
};

/// Spanish, without accents.
const ES: Language = Language {
    fill: r#"(?:[\s,:('"“‘\[*–—-]|(?:un|una|uno|impulsad[oa]|potenciad[oa]|alimentad[oa]|producto|creacion|orgullosamente|el|la|los|las|de|del|en|realidad|simplemente|solo|tu|su|asistente|virtual|ia|inteligencia|artificial|modelos?|gran|grande|pequeno|lenguaje|linguistico|conversacional|robot|agente|programa|chatbot|llamad[oa]|denominad[oa]|basad[oa]|sobre|version|variante|familia|serie|arquitectura|desarrollad[oa]|cread[oa]|disenad[oa]|entrenad[oa]|hech[oa]|fabricad[oa]|ofrecid[oa]|lanzad[oa]|por|con|codigo|abierto|expertos|mezcla|empresa|compania|equipo|ingenieros|investigadores|cientificos|tamano|escala|que|fue|y|fui|llamo)\b|«k»)*"#,
    adj: "",
    ai: r"(?:ia|inteligencia artificial|modelos?(?: de lenguaje)?|asistente|chatbot|robot|agente conversacional|producto|creacion)\b",
    made: r"(?:desarrollad|cread|disenad|entrenad|fabricad|construid|programad|ajustad|lanzad|producid|hech)[oa]s?",
    claims: &[
        r"\b(?:(?:yo\s+)?soy|me\s+llamo|mi\s+nombre\s+(?:es|:)|me\s+llaman|(?:puedes|puede|pueden)\s+llamarme|llamame|(?:(?:estas|esta|estan)\s+)(?:usted\s+)?(?:hablando|chateando|conversando|charlando)\s+con|hablas\s+con|(?:estoy|soy)\s+basad[oa]\s+en|me\s+baso\s+en|funciono\s+(?:con|sobre)|me\s+conocen\s+como)[\s,]«fill»«m»",
        r"\bcomo\s+«fill»«m»\s*,\s*",
        r"\bsoy\s+(?:un|una|tu|su)\s+(?:\w+\s+){0,3}?«ai»(?:\s+\w+){0,3}?\s*,?\s*(?:llamad[oa]|denominad[oa]|de\s+nombre|que\s+se\s+llama)\s«fill»«m»",
        r"^[^\w\x{e000}-\x{e004}]*(?:(?:hola|buenas|buenos\s+dias)[\s,!]+)*aqui\s+«m»(?:$|[\s,.!:;])",
        r"\b(?:le|les|te|os)\s+(?:habla|escribe|responde|saluda)\s«fill»«m»",
        r"\byo\s*,\s*«m»\s*,",
        r"\bmi\s+(?:verdadero\s+)?(?:modelo|identidad|nombre|arquitectura|motor)(?:\s+(?:base|subyacente|completo|real|interno))?\s+(?:es|se\s+llama)\s«fill»«m»",
        r"\bno\s+soy\b[^.;!?]{1,40}?\bsino\s«fill»«m»",
        r"\besta\s+respuesta\s+(?:fue|ha\s+sido|es)\s+(?:generada|escrita|producida|redactada)\s+por\s«fill»«m»",
        // Makers.
        r"\b(?:fui|he\s+sido|soy|estoy|y)\s+«made»(?:\s+y\s+«made»)*(?:\s+en\s+\w+)?\s+por\s«fill»«k»",
        r"\b(?:soy|como)\s+«fill»«ai»«fill»«k»",
        r"«k»(?:\s*,?\s*(?:que|quien))?\s+me\s+(?:ha\s+)?(?:creo|creado|entreno|entrenado|desarrollo|desarrollado|diseno|disenado|construyo|hizo|programo)\b",
        r"«k»\s+(?:es|fue)\s+(?:mi\s+(?:creador|creadora|desarrollador|desarrolladora)\b|(?:la\s+empresa|la\s+compania|el\s+equipo|quien)\s+(?:que\s+)?me\s+(?:ha\s+)?(?:cre|desarroll|entren|disen|constru|hizo))",
        r"^[^\w\x{e000}-\x{e004}]*«made»\s+por\s«fill»«k»[^.;!?,]{0,40},\s*(?:yo|soy|puedo|no|estoy|intento|trato|tengo)\b",
        r"\b(?:quien(?:es)?|el\s+que|la\s+que|los\s+que|la\s+empresa\s+que|el\s+equipo\s+que)\s+me\s+(?:ha\s+|han\s+)?(?:cre|desarroll|entren|disen|constru|program|hizo|hici)\w*\s+(?:fue|fueron|es|son|ha\s+sido)\s«fill»«k»",
        r"\bmis?\s+(?:creador(?:es)?|creadora|desarrollador(?:es)?|desarrolladora)\b(?:\s*[,:]|\s+(?:son|es|de|en|trabajan))*«fill»«k»",
    ],
    indirect: indirect::ES,
};

/// German, without diaereses.
const DE: Language = Language {
    fill: r#"(?:[\s,:('"„“‘\[*»–—-]|(?:ein|eine|einer|eines|einem|der|die|das|dem|den|des|von|vom|nur|eigentlich|tatsachlich|ja|auch|einfach|gerade|dein|ihr|euer|ki|ai|kunstliche|kunstlichen|intelligenz|gro(?:ß|ss)e[srnm]?|kleine[srnm]?|freundlicher|hilfreicher|virtueller|digitaler|sprachmodell|sprachmodells|modell|modells|modelle|assistent|assistentin|chatbot|ki-[a-z]+|sprachassistent|namens|genannt|basierend|basiert|auf|basis|version|variante|familie|reihe|architektur|entwickelt|entwickelte[srnm]?|trainiert|trainierte[srnm]?|erstellt|erstellte[srnm]?|geschaffen|geschaffene[srnm]?|wurde|wird|aus|bei|team|teams|firma|unternehmen|unternehmens|forscher|forschern|ingenieure|ingenieuren|hei(?:ß|ss)t|sprachlich|offene[srnm]?|angetrieben|betrieben|produkt|stolzer?|eines|einer|und|mit)\b|«k»)*"#,
    adj: "",
    ai: r"(?:ki(?:-[a-z]+)?|kunstliche intelligenz|[a-z]*sprachmodell(?:s|e)?|modell|[a-z]*assistent(?:in)?|chatbot|produkt)\b",
    made: r"(?:entwickelt|trainiert|erstellt|geschaffen|gebaut|erschaffen|programmiert|konzipiert|entworfen|gemacht|veroffentlicht|hergestellt)",
    claims: &[
        r"\b(?:ich\s+bin|ich\s+hei(?:ß|ss)e|mein\s+name\s+(?:ist|lautet)|mein\s+name\s*:|man\s+nennt\s+mich|nenn(?:e|en\s+sie|t)?\s+mich|(?:du\s+sprichst|sie\s+sprechen|du\s+chattest|sie\s+chatten|du\s+redest|sie\s+reden|du\s+unterhaltst\s+dich)\s+(?:\w+\s+){0,2}?mit|ich\s+(?:basiere|beruhe|laufe)\s+(?:auf|mit))[\s,]«fill»«m»",
        r"\b(?:du\s+kannst|sie\s+konnen|ihr\s+konnt|man\s+kann|man\s+darf)\s+(?:mich|zu\s+mir)\s+(?:\w+\s+){0,2}?«fill»«m»\s+(?:nennen|sagen|rufen)",
        r"\bals\s«fill»«m»\s+(?:kann|habe|bin|werde|darf|mochte|wei(?:ß|ss)|verfuge|besitze)\s+ich\b",
        r"\bich\s+bin\s+(?:nicht|kein)\b[^.;!?]{1,40}?\bsondern\s«fill»«m»",
        r"\bdiese\s+antwort\s+(?:wurde|ist)\s+von\s«fill»«m»",
        r"\bhier\s+(?:ist|spricht|schreibt|antwortet)\s+«m»\s*[,!.]",
        r"\bich\s+bin\s+(?:ein|dein|ihr|euer)\w*\s+(?:\w+\s+){0,3}?«ai»(?:\s+\w+){0,2}?\s*,?\s*(?:namens|genannt|mit\s+(?:dem\s+)?namen)\s«fill»«m»",
        r"\bich\s*,\s*«m»\s*,",
        r"^[^\w\x{e000}-\x{e004}]*«m»\s+ist\s+mein\s+name\b",
        r"\bmein\s+(?:eigentliches\s+|zugrunde\s*liegendes\s+)?(?:modell|sprachmodell)\s+(?:ist|hei(?:ß|ss)t)\s«fill»«m»",
        r"\bich\s+werde\s+(?:\w+\s+)?(?:von|durch)\s«fill»«m»\s+(?:angetrieben|betrieben)",
        // Makers.
        r"\bich\s+(?:wurde|bin)\s+(?:\w+\s+){0,2}?(?:von|durch)\s«fill»«k»\s(?:[^.,;]{0,40}\s)?«made»",
        r"\b(?:ich\s+bin|als)\s«fill»«ai»«fill»«k»",
        r"\b(?:ich\s+bin|als)\s+(?:ein\s+|das\s+)?(?:von|durch)\s«fill»«k»\s+«made»e[srnm]?\s«fill»«ai»",
        r"\b«made»\s+(?:wurde|bin)\s+ich\s+(?:von|durch)\s«fill»«k»",
        r"^[^\w\x{e000}-\x{e004}]*(?:von|durch)\s«fill»«k»\s+«made»\s*,[^.;!?]{0,40}\bich\b",
        r"^[^\w\x{e000}-\x{e004}]*«made»\s+(?:von|durch)\s«fill»«k»\s*,[^.;!?]{0,40}\bich\b",
        r"«k»\s+ist\s+mein(?:e)?\s+(?:entwickler|schopfer|ersteller|hersteller|mutterkonzern)",
        r"\bich\s+(?:stamme|komme)\s+aus\s+dem\s+hause\s«fill»«k»",
        r"«k»\s+(?:hat|haben)\s+mich\s(?:[^.,;]{0,60}\s)?«made»",
        r"\b(?:wer|die\s+firma,?\s+die|das\s+unternehmen,?\s+das|die)\s+mich\s+«made»\s+(?:hat|haben),?\s+(?:ist|war|sind|hei(?:ß|ss)t)\s«fill»«k»",
        r"\b(?:mein|meine)\s+(?:entwickler|schopfer|ersteller|macher|erschaffer|mutterkonzern|hersteller)(?:in|innen|firma)?\b(?:\s*[,:]|\s+(?:ist|sind|bei|von|sitzen|hei(?:ß|ss)en|hei(?:ß|ss)t|arbeiten))*«fill»«k»",
    ],
    indirect: indirect::DE,
};

/// Japanese; its characters were made simplified too.
const JA: Language = Language {
    fill: r#"(?:[\s、,：:「『"“*・]|の|実は|は|ただ|一つ|という|と呼ばれる|名前|ai|人工知能|生成|大規模|小規模|言語|モデル|アシスタント|チャットボット|チャット|対話型|対話|高度な|最新|多言語|社|チーム|研究所|が|に|によって|により|で|を|基づく|基づいた|ベースにした|ベース|もと|元|開発|作成|訓練|トレーニング|学習|設計|構築|提供|製作|公開|リリース|された|されている|した|している|する|作られた|作った|生まれた|一種|シリーズ|«k»)*"#,
    adj: "",
    ai: r"(?:ai|人工知能|言語モデル|モデル|アシスタント|チャットボット|システム)",
    made: r"(?:開発|作成|訓練|トレーニング|学習|設計|構築|創造|提供|製作|生み出|リリース|公開|作ら|作)(?:されました|された|されている|されています|されたもの|しました|した|れました|れた|れている|りました|った)",
    claims: &[
        r"(?:私|僕|ぼく|わたし|わたくし|俺|当方|こちら|本モデル|このai|我輩|吾輩|拙者|自分|あたし|わし)(?:の名前|の名|の正体)?(?:は|が|こそ|、)«fill»«m»(?:\s|です|だ(?:よ|。|$|！)|といい|と申し|と言い|と呼|である|でございます|という|、|のai|がお手伝い|ですよ|と名|って(?:いう|言う|名前|呼ば|いい|言い)|っていう)",
        r"«m»(?:と申します|といいます|と言います|と呼んでください|でございます)",
        r"(?:私|僕|わたし)は[^。]{1,30}?ではなく、?«fill»«m»",
        r"«m»が(?:お答え|お手伝い|ご案内|回答いた|対応いた)",
        r"(?:私|僕|わたし)は«fill»«m»を搭載",
        r"(?:私|僕|わたし|わたくし)、«m»(?:は|が|、)",
        r"«m»(?:と|に)(?:話して|会話して|対話して|チャットして)い(?:ます|る)",
        r"(?:^|[、。！]\s*)(?:こんにちは|はい|どうも)[、。！!\s]+«fill»«m»です",
        r"(?:私|僕|わたし)は«fill»«m»(?:を|に|が)«fill»(?:ベース|基づ|もと|元)",
        r"この(?:回答|返答|応答|文章)は«fill»«m»(?:によって|により|が)",
        // Makers.
        r"(?:私|僕|ぼく|わたし|俺|本モデル|このai)は«fill»«k»«fill»«made»(?:$|[。、！]|もの|«fill»«ai»)",
        r"(?:私|僕|わたし|俺)は«fill»«k»«fill»(?:のai|の言語モデル|のアシスタント|の対話|の(?:大規模言語)?モデル(?:です|だ|である|として|$)|の製品|製の«fill»«ai»)",
        r"^[^\w\x{e000}-\x{e004}]*(?:(?:はい|もちろん|こんにちは)[、。！]\s*)?«fill»«k»«fill»(?:«made»)?«fill»«ai»(?:です|として|であり|である|なので|の«m»)",
        r"(?:私|僕)を(?:開発|作成|訓練|設計|構築|創造|作)(?:した|った)(?:の|会社|企業|チーム|人)?は«fill»«k»",
        r"«k»(?:社|のチーム|の研究者|のエンジニア)?(?:が|は)(?:私|僕|わたし|俺|このモデル|このai)を«made»",
        r"(?:私|僕)の(?:開発者|開発元|作成者|製作者|創造者|生みの親)は«fill»«k»",
    ],
    indirect: indirect::JA,
};

pub const LANGUAGES: &[Language] = &[EN, ZH, FR, ES, DE, JA];

/// Words for what models are, in any language: they tell that a name is not a person's or an animal's.
pub const AI_NOUNS: &str = r"(?i)(?:^|[^'’a-z0-9_])(?:ai|a\.i\.|ia|ki|llm)(?-u:\b)|artificial|\blanguage model|\b(?:ai|virtual|digital) assistant|\bchat-?bots?\b|\bmodels?\b|modele de langage|modelo de lenguaje|modell\b|sprachmodell|\bassistante? (?:virtuel|conversationnel)|asistente virtual|人工智能|模型|智能助手|聊天机器人|人工知能|モデル|アシスタント|チャットボット";

/// What tells of a person, an animal or a wind.
pub const PEOPLE: &str = r"(?i)\byears?[ -]old\b|\b(?:baker|teacher|nurse|engineer|student|farmer|painter|singer|actor|doctor|employee|intern|boy|girl|woman|husband|wife|son|daughter|brother|sister|mother|father|married|born|parents|lives? in|live at|live near|zodiac|horoscope|bakery|bookshop|café|neighbou?rs?|wedding|wind|blow|blows|herd|wool|andes)\b|\b(?:a|an|the|old|young) man\b|\bby (?:my|all my) (?:friends|family|colleagues|parents)\b|\b(?:boulang\w*|librairie|voisine?s?|ans|mari|mariee?|fils|fille|habite|vis a|nee? a|vent|souffle|professeur|etudiante?|ingenieure?)\b|\b(?:anos|panader[oa]|vecin[oa]s?|tienda|vivo en|hij[oa]|estudi\w+|maestr[oa]|profesora?|nacid[oa]|ingenier[oa])\b|\b(?:jahre alt|wohne|nachbar(?:n|in)?|stock|backer|lehrer(?:in)?|student(?:in)?|verheiratet|geboren|sohn|tochter|verwandt|befreundet|onkel|tante|cousin)\b|岁|住在|结婚|出生|妻子|丈夫|儿子|女儿|学生|老师|请多关照|留学|邻居|学了[^，。]{0,4}年|歳|住んで|専攻|隣人|引っ越|生まれ|学生|先生";

/// Who stands behind a name without being it: `a Claude user`, `腾讯的员工`.
pub const AFTER: &str = r"(?i)^(?:'s|s'|的|の|\s|-)*(?:users?\b|fans?\b|admirer|engineers?\b|developers?\b|employees?\b|customers?\b|subscribers?\b|experts?\b|researchers?\b|critics?\b|enthusiast|competitors?\b|rivals?\b|successor|owner|team\b|staff\b|office|headquarters|用户|使用者|粉丝|员工|工程师|开发者|研究员|爱好者|客户|专家|竞争对手|对手|老师|产品经理|训练师|县|市|省|镇|村|路|街|区|乡|小学|中学|饭店|酒店|人(?:$|[。，,])|(?:gewohnt|leid|satt|umgestiegen|gewechselt|begeistert|beeindruckt|uberrascht|enttauscht|zufrieden|fasziniert|angestellt|beschaftigt|verliebt|registriert|angewiesen|abonniert|vertraut|genervt|interessiert|aufmerksam)\b|dankbar\b|treu\b|nahe\b|ahnlich\b|verbunden\b|begegnet\b|gefolgt\b|uberlegen\b|unterlegen\b|verpflichtet\b|bose\b|gewachsen\b|ユーザー|社員|ファン|開発者|利用者|研究者|エンジニア|では(?:ない|ありません)|じゃない|ではなく|を使|で働)";

/// What makes a claim somebody else's or nobody's, right before it.
pub const BEFORE: &str = r"(?i)(?:\b(?:if|whether|unless|suppose|supposing|imagine|imagining|pretend|pretending|as if|as though|what if|assume|assuming|wish|let's say|not because|roleplay as|si|falls|wenn|ob|comme si)\s+(?:that\s+|for a moment\s+)*|\bno\s+|\b(?:begins?|starts?|opens?|ends?)\s+(?:with|by\s+saying)\s*:?\s*|(?:\bnot|n't|\bcannot)\s+(?:\w+\s+){0,2}?(?:confirm|say|know|tell|claim|verify|sure|certain|think|believe)\s+(?:you\s+)?(?:that\s+|if\s+|whether\s+)?|(?:^|[，。；,;\s])[^我，。；：:,;]{1,10}(?:说|道)[：:]\s*|(?:不确定|不知道|不清楚|无法确认|不能确认|不敢说)[^，,。！？!?]{0,6}|^\W*(?:say|repeat|type|write|translate|complete)\s*:\s*|\b(?:he|she|they|the\s+\w+)\s+(?:says?|said|replie[sd]|wrote|writes)\s*[:,]\s*|\b(?:her|his|their|its)\s+(?:\w+\s+){0,3}(?:is|was|were|are|reads?)\s*:\s*|(?:people|many|some|others|users?|you|they|he|she|everyone|someone|somebody|who|friends?|folks)\s+(?:\w+\s+){0,2}(?:think|believe|say|claim|assume|ask|guess|suspect|insist|hope|said|thought|wonder|tell|told|write|wrote)(?:s|ed|d)?\s+(?:\w+\s+){0,2}|(?:如果|假如|假设|假若|若|要是|倘若|假装|假扮|扮演|想象|以为|认为|觉得|是否|怀疑|猜|(?:他|她|您|你|你们|有人|人们|用户|大家)说|难道|莫非)[^，,。！？!?]{0,6}|もし|仮に|\b(?:isn't|wasn't|is\s+not|was\s+not|n'est\s+(?:pas|ni)|n'etait\s+pas|no\s+(?:es|fue|son|fueron)|nicht)\s+|不是|\b(?:crees|cree|creen|piensas|piensa|piensan|dices|dicen|supones|suponen|imaginas|croyez|crois|croient|pensez|penses|pensent|dites|supposez|imaginez|disent)\s+(?:que|qu')\s*|\b(?:glauben|glaubst|denken|denkst|meinen|meinst|sagen|behaupten|vermuten|annehmen)\b[^.;!?]{0,20},\s*(?:dass\s+)?|(?:love|like|want)\s+to\s+(?:tell\s+you|say)\s+(?:that\s+)?|(?:^|[，,。；\s])说|(?-i:^\W*\p{Lu}{2,}(?:\s*\([^)]*\))?\s*:\s*))$";

/// A place where the speaker is, and no claim: `I'm behind Claude in the queue`, `ich bin auf Gemini umgestiegen`.
pub const PLACE: &str = r"(?i)^\W*(?:i'm|i\s+am)\s+(?:\w+\s+)?(?:in|at|on|by|behind)\s|^\W*ich\s+bin\s+(?:\w+\s+)?(?:auf|mit|bei|aus)\s|^\W*je\s+suis\s+(?:\w+\s+)?(?:a|chez|sur|au)\s";

/// Who says it after all, behind the claim in its sentence: `…, said the statue`.
pub const SAID: &str = r"(?i)[,，]\s*(?:said|says|replied|answered|whispered|shouted|exclaimed|cried|declared|announced|muttered|wrote)\s+(?:the|a|an|he|she|they|my|his|her|one|\p{Lu})|[,，]?\s*(?:he|she|they|the\s+\w+)\s+(?:said|says|replied|answered|whispered|shouted|exclaimed|cried|declared|announced|muttered)\s*[.!]?\s*$|[,，]\s*(?:dit|disait|a\s+dit|repondit|declara)(?:-il|-elle|\s+(?:le|la|l'|un|une|il|elle|\p{Lu}))|[,，]\s*(?:dijo|dice|respondio|contesto|exclamo)\s+(?:el|la|un|una|\p{Lu})|[,，]\s*(?:sagte|sagt|antwortete|rief|meinte)\s+(?:der|die|das|er|sie|ein|\p{Lu})|[，,](?:他|她|它|那人|小\w|老\w)(?:说|答|回答|喊|写)道?|と(?:言(?:っ|え|わ)|答え|述べ|叫[んび]|書[いか]|いっ|いわ)|と(?:思われ|誤解|勘違い|よく言われ)|という(?:情報|話|噂|説|指摘|前提)|(?:モデル|ai|アシスタント|もの)(?:では|じゃ)(?:ない|ありません)|\b(?:that|it|this)\s+(?:wouldn't|would\s+not|isn't|is\s+not)\s+(?:be\s+)?true\b";

/// What makes a claim a question or a condition, after the name.
pub const OPEN_END: &str = r"(?i)^(?:«fill»)?(?:吗|么|还是|嘛[?？]|(?:なら|だったら|としたら|であれば|ですか|でしょうか))|^[^.!,]{0,40}\?\s*$|^\s+(?:ware|waere|sein\b)";

/// Who works somewhere is a person, whatever the name: `My name is Gemma and I am an engineer at Google`.
pub const EMPLOYED: &str = r"(?i)\b(?:engineers?|developer|designer|manager|analyst|intern|researcher|work(?:ed|s|ing)?)\s+(?:\w+\s+)?(?:at|for)\b|在[^，,。]{0,8}(?:工作|上班|实习|任职)|\barbeite\s+(?:\w+\s+)?bei\b|\btravaille\s+(?:\w+\s+)?(?:chez|pour)\b|\btrabajo\s+(?:en|para)\b|で働|に勤め";

/// What turns a claim into its opposite where it stands inside it.
pub const NEGATION: &str = r"(?i)\b(?:nicht|never|nie|jamais|nunca)\b";

/// What turns it back: `nicht Qwen, sondern …`.
pub const CONTRAST: &str = r"(?i)\b(?:sondern|but|rather|instead|mais|sino)\b";
