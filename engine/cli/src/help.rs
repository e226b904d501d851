//! The help texts in Chinese. A test holds that none is missing.

use clap::{Command, CommandFactory};

use crate::arguments::Arguments;
use crate::language::Language;

/// Chinese help by argument.
const ARGUMENTS: &[(&str, &str)] = &[
    ("model", "模型：GGUF 文件，或其第一个分片"),
    ("weights", "模型：GGUF 文件（或其第一个分片），或适配器的文件夹"),
    ("beneath", "适配器的底座（GGUF），当它不是适配器所记的文件时给出"),
    ("prompt", "只回答这一条消息，然后退出"),
    ("raw", "不套用聊天模板，直接续写文本"),
    ("system", "给模型的系统指令"),
    ("temperature", "0 表示总取最可能的词元；越高越多样"),
    ("top_k", "只取概率最高的 k 个词元；0 表示全部"),
    ("top_p", "只取概率最高、合计达到该值的词元"),
    ("min_p", "只取概率不低于最高者该比例的词元"),
    ("repetition_penalty", "削弱已出现的词元；1 表示不削弱"),
    ("frequency_penalty", "词元在回答中每出现一次就减去该值"),
    ("presence_penalty", "词元在回答中出现过就减去该值"),
    ("seed", "相同的种子得到相同的回答"),
    ("max_tokens", "一次回答最多的词元数"),
    ("stop", "遇到该文本即结束回答；可多次给出"),
    ("device", "在哪里计算：cpu、cuda:0、auto"),
    ("threads", "计算线程数；不给出则每核一个"),
    ("context", "一次对话最多的词元数；不给出则取模型自身上限，至多 8192"),
    ("tensors", "列出每个张量"),
    ("json", "输出 JSON"),
    ("text", "文本文件；或训练用的 JSON 行（名称.jsonl），每行一个窗口，对话套用模型的聊天模板，只计回答"),
    ("window", "每个窗口的词元数；不给出则取模型上下文，纯文本至多 512"),
    ("windows", "最多计算的窗口数或行数"),
    ("written", "写入的文件"),
    ("kind", "矩阵的类型，例如 Q4_K"),
    ("embedding", "词嵌入的类型；不给出时，Q2_K 与 Q3_K 用 Q6_K，其余同上"),
    ("output", "输出矩阵的类型；不给出时，Q2_K 至 Q5_K 用 Q6_K，其余同上"),
    ("pure", "全部用该类型；不给出时，每个词元都经过的少数矩阵更精确，与 llama.cpp 相同"),
    ("imatrix", "重要性矩阵：mixtral imatrix（或 llama.cpp）由该模型算得"),
    ("against", "另一词表相同的模型：同时测量预测与它相差多少"),
    ("force", "替换已有的文件"),
    ("asked", "留出的对话：mixtral data poetry 写出的文件（JSON 行）"),
    ("learnt", "训练文件，用以统计整篇照抄的回答；可多次给出"),
    ("requests", "请求数，自文件开头取"),
    ("first_seed", "第一个请求的种子；其后逐一加 1"),
    ("show", "打印多少个问答"),
    ("source", "数据来源"),
    ("folder", "写入的文件夹"),
    ("package", "已解压的 npm 包；不给出则用 npm 取得"),
    ("held_out", "留作检验的诗的数目"),
    ("data_seed", "随机种子"),
    ("texts", "训练文件（JSON 行）"),
    ("size", "词表大小"),
    ("longest", "词元最多的字数；1 表示单字"),
    ("recipe", "配方：JSON 文件；不给出时，继续训练用该文件夹的配方，否则用默认设置"),
    ("work", "测量什么"),
    ("rounds", "测量的步数；每步先后运行训练器与参照实现"),
    ("training_kind", "训练什么：整个模型（full）、适配器（lora）、底座保持量化的适配器（qlora）"),
    ("base", "从该模型（GGUF）的权重继续训练；形状与词表由它决定"),
    ("base_name", "适配器所记的底座名称，例如 mistralai/Mixtral-8x7B-v0.1；不给出则记底座文件的路径"),
    ("vocabulary", "新模型的词表：mixtral tokenizer 写出的 tokenizer.gguf，或任一 GGUF 模型"),
    ("training", "训练文件（JSON 行）；可多次给出"),
    ("validation", "检验文件（JSON 行）"),
    ("out", "写入的文件夹"),
    ("minutes", "最多训练的分钟数，到时保存检查点并结束"),
    ("hugging_face", "另以 Hugging Face 的格式写出整个模型（文件夹 best 与 last）"),
    ("resume", "从该文件夹的检查点继续"),
    ("converted", "Hugging Face 文件夹，或 GGUF 文件（或其第一个分片）"),
    ("target", "写入的 GGUF 文件或文件夹，与来源相反"),
    ("type", "矩阵的类型，例如 Q8_0；文件夹只能用 F16、BF16、F32；不给出则保持原有类型，已量化的模型写成 F16"),
    ("shard_size", "文件夹中每个分片的最大尺寸，例如 5GB、500MB"),
    ("merged_base", "基础模型：Hugging Face 文件夹，或 GGUF 文件（或其第一个分片）"),
    ("adapters", "PEFT 适配器文件夹，依次合并；最后一个是写入的位置（文件夹或 GGUF 文件，与基础模型相同）"),
    ("merged_type", "基础模型为 GGUF 时矩阵的类型；不给出则保持原有类型"),
    ("pool", "计算线程数；不给出则每核一个"),
];

const COMMANDS: &[(&str, &str)] = &[
    ("chat", "与模型对话"),
    ("info", "查看模型文件的内容"),
    ("perplexity", "在一段文本上测量模型的困惑度"),
    ("imatrix", "测量模型各矩阵的每一列有多重要"),
    ("quantize", "把模型写成更小的类型"),
    ("convert", "在 Hugging Face 文件夹与 GGUF 文件之间转换"),
    ("merge", "把适配器合并进基础模型"),
    ("recite", "测量模型的诗合乎要求的比例"),
    ("data", "制作训练文件"),
    ("tokenizer", "从训练文件学习词表"),
    ("bench", "测量本机的速度"),
    ("recipe", "打印训练配方，供修改"),
    ("train", "训练模型或适配器"),
];

/// What stands below a command's arguments.
const AFTER: &[(&str, &str)] = &[("train", "mixtral recipe full|lora|qlora 打印完整的配方供修改，并说明每项设置。")];

/// The command line in a language.
pub fn command(language: Language) -> Command {
    let command = Arguments::command();
    if language == Language::English {
        return command;
    }
    command.about("运行和查看 Mixtral 系列模型").mut_subcommands(|sub| {
        let about = COMMANDS.iter().find(|(name, _)| *name == sub.get_name()).map(|(_, text)| *text);
        let sub = match about {
            Some(about) => sub.about(about),
            None => sub,
        };
        let after = AFTER.iter().find(|(name, _)| *name == sub.get_name()).map(|(_, text)| *text);
        let sub = match after {
            Some(after) => sub.after_help(after),
            None => sub,
        };
        sub.mut_args(|argument| match ARGUMENTS.iter().find(|(id, _)| *id == argument.get_id().as_str()) {
            Some((_, text)) => argument.help(*text),
            None => argument,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_argument_has_a_chinese_text_and_no_text_is_left_over() {
        Arguments::command().debug_assert();
        let command = Arguments::command();
        let mut ids: Vec<String> = Vec::new();
        for sub in command.get_subcommands() {
            assert!(COMMANDS.iter().any(|(name, _)| *name == sub.get_name()), "{}", sub.get_name());
            assert_eq!(sub.get_after_help().is_some(), AFTER.iter().any(|(name, _)| *name == sub.get_name()));
            ids.extend(sub.get_arguments().map(|a| a.get_id().to_string()));
        }
        for id in &ids {
            assert!(ARGUMENTS.iter().any(|(known, _)| known == id), "{id} has no Chinese text");
        }
        for (known, _) in ARGUMENTS {
            assert!(ids.iter().any(|id| id == known), "{known} is no argument");
        }
    }
}
