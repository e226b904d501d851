//! The rules of the categories, in English and Chinese: words that decide alone, and words of which it takes two.
//!
//! `(?-u:\b)` is the edge of an ASCII word: beside a Han character there is one, which Unicode's own edge does not see.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::style::Style;

/// How much of an answer may hold its refusal, in characters.
const REFUSAL_CHARS: usize = 160;

struct Rules {
    /// One of them is enough.
    code: Regex,
    /// Two different ones are.
    code_hints: RegexSet,
    mathematics: Regex,
    mathematics_hints: RegexSet,
    writing: Regex,
    constraints: RegexSet,
    refusal: Regex,
}

/// Words that stand for programming alone.
const CODE: &str = r"(?i)```|~~~|(?-u:\b)(?:python|javascript|typescript|java|golang|kotlin|php|sql|html|css|bash|powershell|regexp?|json|yaml|docker(?:file)?|kubernetes|github|numpy|pandas|pytorch|tensorflow|django|flask|fastapi|node\.?js|react\.?js|vue\.?js|jquery|leetcode|traceback|segfault|refactor(?:ing)?|compiler|codebase|unit tests?|source code|(?:write|fix|debug|optimi[sz]e|explain) (?:me )?(?:this|the|my|a|some) (?:code|script|program|function|bug)|binary search|linked list|hello,? world)(?-u:\b)|(?-u:\b)c(?:\+\+|#)|编程|代码|编译|爬虫|正则表达式|源码|源程序|算法题|链表|二叉树|单元测试|重构|写一?[个段份]?(?:小)?(?:程序|脚本|函数|接口|算法)|前端|后端|数据库|报错信息|命令行";

/// Words that mean other things too.
const CODE_HINTS: &[&str] = &[
    r"(?i)(?-u:\b)cod(?:e|ing)(?-u:\b)",
    r"(?i)(?-u:\b)functions?(?-u:\b)|函数",
    r"(?i)(?-u:\b)algorithms?(?-u:\b)|算法",
    r"(?i)(?-u:\b)programs?(?-u:\b)|(?-u:\b)programming(?-u:\b)|程序",
    r"(?i)(?-u:\b)scripts?(?-u:\b)|脚本",
    r"(?i)(?-u:\b)(?:class|method)(?:es|s)?(?-u:\b)",
    r"(?i)(?-u:\b)variables?(?-u:\b)|变量",
    r"(?i)(?-u:\b)(?:array|vector|tuple|hash ?map|dictionary)(?-u:\b)|数组|列表|字典",
    r"(?i)(?-u:\b)(?:loop|recursion|recursive|iterat\w+)(?-u:\b)|循环|递归|迭代",
    r"(?i)(?-u:\b)(?:compiles?|compiled|runtime|syntax)(?-u:\b)|运行时|语法错误",
    r"(?i)(?-u:\b)(?:bug|debug|exception|stack)(?-u:\b)|调试|异常|报错",
    r"(?i)(?-u:\b)(?:rust|swift|ruby|perl|scala|matlab|react|vue|haskell|lua)(?-u:\b)",
    r"(?i)(?-u:\b)(?:api|sdk|library|framework|server|endpoint)(?-u:\b)|接口|框架|服务器",
    r"(?i)(?-u:\b)(?:database|query|schema|index)(?-u:\b)|索引|查询",
    r"(?i)(?-u:\b)(?:linux|shell|terminal|git|commit|pointer|borrow checker|thread)(?-u:\b)|指针|线程",
    r"[a-z_]+\([^()\n]*\)\s*[;{:]|==|!=|=>|->|&&|\|\||;\s*$",
];

const MATHEMATICS: &str = r"(?i)\\(?:frac|int|sum|sqrt|lim|prod|begin\{(?:p|b)?matrix)|\$\$|\\\[|(?-u:\b)(?:equations?|integrals?|derivatives?|differentiate|polynomials?|theorems?|eigenvalues?|matrix|matrices|calculus|algebra(?:ic)?|geometry|geometric|trigonometry|arithmetic|probabilit(?:y|ies)|permutations?|combinatori\w+|factori[sz]e|quadratic|logarithms?|hypotenuse|prime numbers?|square root|greatest common divisor|math(?:s|ematics|ematical)?|solve for [a-z])(?-u:\b)|数学|方程|积分|求导|导数|微分|概率|矩阵|几何|代数|三角函数|不等式|因式分解|多项式|质数|素数|对数|平方根|最大公约数|最小公倍数|鸡兔同笼|应用题|圆周率|\d\s*[×÷]\s*\d|\d\s*(?:\+|\*|\^)\s*\d|\d\s+[-/]\s+\d|(?-u:\b)[xy]\s*=\s*[-+]?\d|(?-u:\b)\d*[xy](?:\^|²|³|\s*[-+]\s*\d)";

const MATHEMATICS_HINTS: &[&str] = &[
    r"(?i)(?-u:\b)(?:how many|how much|how long|how far|how old)(?-u:\b)|多少|几[个只人天年岁次块元米]",
    r"(?i)(?-u:\b)(?:calculate|compute|solve|prove|evaluate|find the (?:value|sum|area|volume|number))(?-u:\b)|计算|求解|解答|证明|求出|等于",
    r"(?i)(?-u:\b)(?:sum|product|average|total|percent(?:age)?|ratio|fraction|area|volume|radius|angle|triangle|circle|divisible|remainder)(?-u:\b)|%|总和|平均|百分之|比例|面积|体积|半径|角度|三角形|圆形|整除|余数",
    r"\d+(?:\.\d+)?[^\d]{1,80}\d+",
];

const WRITING: &str = r"(?i)(?-u:\b)(?:write|compose|create|draft|make up|tell|continue|invent|imagine|rewrite|finish|generate|give me|pen)(?-u:\b)[^.?!\n]{0,60}(?-u:\b)(?:poems?|poetry|verses?|haikus?|sonnets?|limericks?|ballads?|odes?|stor(?:y|ies)|tales?|fables?|novels?|novella|fan ?fic(?:tion)?|fiction|chapters?|plots?|songs?|lyrics|raps?|screenplays?|plays?|monologues?|dialogues?|scenes?|jokes?|riddles?|slogans?|taglines?|love letters?|eulog(?:y|ies)|diary|diaries|parod(?:y|ies))(?-u:\b)|(?:写|创作|作[一首篇]|编[一个写]|续写|拟[一个写]|赋[一诗]|来[一首个段篇则]|讲[一个则段]|仿写|改写|吟|给我)[^。？！\n]{0,30}(?:诗|绝句|律诗|[五七][绝律]|对联|上联|下联|春联|故事|小说|散文|歌词|剧本|童话|寓言|情书|作文|文案|广告语|口号|段子|笑话|谜语|台词|对白|祭文|日记|章回)|(?:写|填|作)一?[首阕][^。？！\n]{0,20}词|(?:五言|七言|[五七][绝律]|藏头诗|打油诗|俳句|十四行诗|宋词|元曲|现代诗|古诗)[^。\n]{0,20}(?:写|创作|一首|题)|(?:下联|上联)(?:是什么|怎么对)|扩写|润色";

/// Each is one kind of constraint. The first says a number that can be counted, and is enough alone.
const CONSTRAINTS: &[&str] = &[
    // A number of words, lines, items.
    r"(?i)(?-u:\b)(?:in|within|under|at most|at least|no more than|no fewer than|no less than|fewer than|less than|more than|exactly|only|about|around|approximately|up to|maximum|minimum|into)\s+(?:a |the )?(?:(?:maximum|minimum|total) of )?(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|a hundred)(?:\s*(?:-|–|to|or)\s*\d+)?[\s-]+(?:\w+\s+)?(?:words?|characters?|letters?|sentences?|lines?|paragraphs?|bullets?|points?|items?|steps?|sections?|stanzas?|syllables?|tokens?|examples?)(?-u:\b)|(?-u:\b)\d+[- ]words?(?-u:\b)|(?:不超过|不多于|不少于|不低于|至少|至多|最多|最少|控制在|限制在|限|约|大约|左右|正好|恰好|只用|仅用|用|写|分|列出|列举|给出)\s*(?:[0-9０-９]+|[一二两三四五六七八九十百千]+)\s*(?:[-~～到至]\s*[0-9]+\s*)?(?:个)?(?:汉字|字符|字|词|句话|句|行|段话|段|自然段|条|点|项|步|要点|例子|小节)|[0-9一二两三四五六七八九十百千]+\s*(?:个)?字(?:以内|以上|左右|之内|以下)",
    // A form.
    r"(?i)(?-u:\b)(?:as|in|using|output|return|respond (?:with|in)|reply (?:with|in)|format(?:ted)? (?:as|it as|in))\s+(?:an? |the |valid |only |pure )*(?:json|xml|csv|yaml|markdown|html|latex|tables?|bullet points?|bulleted lists?|numbered lists?|all caps|upper ?case|lower ?case|plain text|code block)(?-u:\b)|(?:以|用|按|输出|返回|整理成|转换成|生成)[^。\n]{0,12}(?:json|xml|csv|markdown|表格|列表|要点|项目符号|编号|纯文本|大写|小写|格式)|分点(?:回答|说明|列出|作答)",
    // A role.
    r"(?i)(?-u:\b)(?:act as|pretend (?:to be|you are|that you)|you are (?:an? |my |the )\w+|role[- ]?play|imagine you are|in the (?:style|voice|tone) of|as if you were)(?-u:\b)|你(?:现在)?是一?[个名位]|扮演|以[^。\n]{1,12}的(?:口吻|语气|身份|风格|视角|角度)|模仿|假设你是|假装",
    // What must not be.
    r"(?i)(?-u:\b)(?:without (?:using|mentioning|any|the word|repeating)|do not|don't|never|avoid|must not|should not|shouldn't|refrain from|no (?:more|emojis?|markdown|preamble|explanations?|introductions?))(?-u:\b)|不要|不得|不能|不可以|禁止|避免|切勿|请勿|无需|不使用|不出现|不含",
    // What must be.
    r"(?i)(?-u:\b)(?:must|make sure|ensure|be sure to|required to|has to|have to|needs? to|should (?:include|contain|start|end|be|have)|(?:start|begin|end|finish) (?:with|your|each|every)|include (?:the|at|a)|each (?:line|sentence|paragraph|word)|first letter)(?-u:\b)|必须|务必|确保|一定要|需要包含|要求|以[^。\n]{1,12}(?:开头|结尾)|开头必须|结尾必须|每[一]?[行句段]|押韵|只(?:回答|输出|返回|给出|需)|仅(?:回答|输出|返回|给出)",
    // A language or a reader.
    r"(?i)(?-u:\b)(?:(?:answer|respond|reply|write) in (?:english|chinese|french|german|spanish|japanese|korean|classical chinese)|for (?:a |an )?(?:five|5|ten|10|six|6)[- ]year[- ]old|to a (?:child|beginner|layman))(?-u:\b)|用(?:中文|英文|英语|文言文|白话文|日语|法语|粤语|繁体)(?:回答|写|作答|输出|来)?|通俗易懂|简明扼要|小学生",
];

/// How an answer that refuses begins.
const REFUSAL: &str = r"(?i)(?-u:\b)(?:i(?:'m| am)(?: really| very| so)? (?:sorry|afraid)|i apologi[sz]e|apologies|sorry|unfortunately|as an? (?:ai|artificial|large|language)[\w ]{0,40})(?-u:\b)[^\n]{0,80}?(?-u:\b)(?:can(?:no|')?t|cannot|can not|unable to|not able to|won't|will not|not comfortable|must decline|have to decline|don't feel comfortable)(?-u:\b)|^\W*i (?:can(?:no|')t|cannot|can not|won't|will not|am not able to|am unable to|must decline|must refuse|refuse to)(?: be able to)? (?:help|assist|provide|do (?:that|this)|answer|fulfil|fulfill|comply|create|write|generate|support|discuss|engage|continue|give|offer|share)|^\W*i'm (?:unable|not able) to|(?:抱歉|对不起|不好意思|遗憾)[^\n]{0,30}(?:无法|不能|没办法|没法|不可以|不便|拒绝|不提供|不会)|^\W*我(?:是|作为)?[^。\n]{0,20}(?:无法|不能|没办法|拒绝)(?:为您|为你|向您|向你)?(?:提供|回答|帮助|协助|满足|完成|参与|讨论|生成|创作|执行|给出)|作为(?:一个|一名)?(?:人工智能|AI|语言模型|大模型)[^\n]{0,40}(?:无法|不能|没有能力)|(?:违反|违背)[^。\n]{0,20}(?:法律|道德|规定|准则)[^。\n]{0,20}(?:无法|不能|拒绝)";

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let one = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
    let set = |patterns: &[&str]| RegexSet::new(patterns).expect("constant patterns");
    Rules {
        code: one(CODE),
        code_hints: set(CODE_HINTS),
        mathematics: one(MATHEMATICS),
        mathematics_hints: set(MATHEMATICS_HINTS),
        writing: one(WRITING),
        constraints: set(CONSTRAINTS),
        refusal: one(REFUSAL),
    }
});

/// Whether messages ask for programs, show or discuss them.
pub(super) fn is_about_code(prompts: &str) -> bool {
    RULES.code.is_match(prompts) || RULES.code_hints.matches(prompts).iter().count() >= 2
}

/// Whether messages ask to compute, to solve or to prove.
pub(super) fn is_about_mathematics(prompts: &str) -> bool {
    // Two numbers make a sum only together with a question and what it asks for.
    RULES.mathematics.is_match(prompts) || RULES.mathematics_hints.matches(prompts).iter().count() >= 3
}

/// Whether messages ask for a poem, a story or the like.
pub(super) fn is_creative_writing(prompts: &str) -> bool {
    RULES.writing.is_match(prompts)
}

/// Whether messages say how the answer has to look: a number that can be counted, or two constraints of other kinds.
pub(super) fn sets_constraints(prompts: &str) -> bool {
    let found = RULES.constraints.matches(prompts);
    found.matched(0) || found.iter().count() >= 2
}

/// Whether an answer refuses to answer: it says so at its beginning.
pub(super) fn is_refusal(answer: &str) -> bool {
    let answer = answer.trim_start();
    let beginning = answer.char_indices().nth(REFUSAL_CHARS).map_or(answer, |(end, _)| &answer[..end]);
    // Typographic apostrophes are the same.
    RULES.refusal.is_match(&beginning.replace('’', "'")) && Style::of(answer).headers == 0
}
