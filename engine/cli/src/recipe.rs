//! `mixtral recipe`: whole recipes to edit, and what their settings mean.

use clap::{Args, ValueEnum};
use mixtral_train::Recipe;

use crate::language::Language;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What is to be trained: a whole model, an adapter, or an adapter on a base that stays quantised.
    #[arg(id = "training_kind", value_name = "KIND")]
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Full,
    Lora,
    Qlora,
}

/// Every setting, in both languages.
const SETTINGS: [(&str, &str, &str); 35] = [
    ("shape", "the shape of a new model; unused with --base", "新模型的形状；给出 --base 时不用"),
    ("shape.hidden", "width of a token's vector", "词元向量的宽度"),
    ("shape.layers", "layers", "层数"),
    ("shape.heads", "query heads", "查询头数"),
    ("shape.kv_heads", "key and value heads", "键值头数"),
    ("shape.ffn", "inner width of an expert", "专家的内部宽度"),
    ("shape.experts", "experts of a layer", "每层的专家数"),
    ("shape.top", "experts that work on each token", "每个词元所用的专家数"),
    ("shape.context", "longest document in tokens", "一篇文档最多的词元数"),
    ("shape.rope_theta", "base of the rotary angles", "旋转位置编码的底数"),
    (
        "lora",
        "adapters on a frozen base instead of full training; null for none",
        "冻结底座，只训练适配器；null 表示训练全部",
    ),
    ("lora.rank", "inner width of an adapter", "适配器的秩"),
    ("lora.alpha", "an adapter's weight is alpha / rank", "适配器的权重为 alpha / rank"),
    ("lora.dropout", "share of an adapter's inputs that are dropped", "适配器输入中随机丢弃的比例"),
    (
        "lora.targets",
        "matrices with an adapter: of q, k, v, o, gate, w1, w2, w3",
        "带适配器的矩阵：q、k、v、o、gate、w1、w2、w3 之中",
    ),
    (
        "lora.whole",
        "modules trained whole beside them: of embed_tokens, lm_head",
        "另外整个训练的模块：embed_tokens、lm_head 之中",
    ),
    (
        "lora.quantised",
        "keep the base in its file's blocks (QLoRA) rather than in F32",
        "底座保持文件中的量化形式（QLoRA），而非 F32",
    ),
    (
        "longest",
        "longest document in tokens; null for the model's context. Longer texts are cut into blocks",
        "一篇文档最多的词元数；null 取模型上下文。更长的文本切成块",
    ),
    (
        "join_texts",
        "join texts end to end into full blocks of the longest document; false: each text by itself",
        "把各篇文本首尾相接，切成满长的块；false 则每篇各自独立",
    ),
    ("steps", "steps in all: the length of the rate's schedule", "总步数，即学习率曲线的长度"),
    ("batch_tokens", "input tokens of one pass", "一次计算的输入词元数"),
    ("accumulate", "passes of one step (gradient accumulation)", "每步累积几次计算的梯度"),
    ("rate", "highest learning rate", "最高学习率"),
    ("final_rate", "share of it that the cosine ends at", "余弦终点与最高学习率之比"),
    ("warmup", "share of the steps in which the rate rises", "学习率上升阶段占总步数的比例"),
    ("weight_decay", "weight decay of matrices; norms have none", "矩阵的权重衰减；归一化权重不衰减"),
    ("clip", "largest norm of the gradients; 0 for none", "梯度范数的上限；0 表示不限"),
    ("beta1", "AdamW: decay of the first moment", "AdamW：一阶矩的衰减"),
    ("beta2", "AdamW: decay of the second moment", "AdamW：二阶矩的衰减"),
    ("balance", "coefficient of the load-balancing loss", "负载均衡损失的系数"),
    (
        "balance_each_layer",
        "balance every layer by itself rather than, as MixtralForCausalLM does, all at once",
        "逐层均衡，而非像 MixtralForCausalLM 那样各层合计",
    ),
    ("validate_every", "steps between validations", "两次检验之间的步数"),
    ("validation_tokens", "input tokens of a validation", "一次检验的输入词元数"),
    ("checkpoint_every", "steps between checkpoints", "两个检查点之间的步数"),
    ("seed", "the seed of everything random", "一切随机数的种子"),
];

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let recipe = match arguments.kind {
        Kind::Full => Recipe::default(),
        Kind::Lora => Recipe::lora(false),
        Kind::Qlora => Recipe::lora(true),
    };
    let json = serde_json::to_value(&recipe)?;
    for (key, english, chinese) in SETTINGS {
        if json.pointer(&format!("/{}", key.replace('.', "/"))).is_some() {
            eprintln!("{key:18} {}", language.pick(english, chinese));
        }
    }
    say!("{}", serde_json::to_string_pretty(&recipe)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &str, value: &serde_json::Value, out: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            keys(&path, value, out);
            out.push(path);
        }
    }

    #[test]
    fn every_setting_is_explained_and_every_recipe_can_be_trained_by() {
        let mut found = Vec::new();
        for recipe in [Recipe::default(), Recipe::lora(false), Recipe::lora(true)] {
            recipe.check().expect("a recipe");
            keys("", &serde_json::to_value(&recipe).expect("JSON"), &mut found);
        }
        for key in &found {
            assert!(SETTINGS.iter().any(|s| s.0 == key), "{key} is not explained");
        }
        for (key, ..) in SETTINGS {
            assert!(found.iter().any(|k| k == key), "{key} is no setting");
        }
    }
}
