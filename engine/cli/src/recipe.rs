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
const SETTINGS: [(&str, &str, &str); 36] = [
    (
        "model_config",
        "the shape of a new model, as in config.json; unused with --base",
        "新模型的形状，同 config.json；给出 --base 时不用",
    ),
    ("model_config.hidden_size", "width of a token's vector", "词元向量的宽度"),
    ("model_config.intermediate_size", "inner width of an expert", "专家的内部宽度"),
    ("model_config.num_hidden_layers", "layers", "层数"),
    ("model_config.num_attention_heads", "query heads", "查询头数"),
    ("model_config.num_key_value_heads", "key and value heads", "键值头数"),
    ("model_config.num_local_experts", "experts per layer", "每层的专家数"),
    ("model_config.num_experts_per_tok", "experts per token", "每个词元所用的专家数"),
    ("model_config.max_position_embeddings", "context length in tokens", "上下文长度（词元）"),
    ("model_config.rope_theta", "base of the rotary position embeddings", "旋转位置编码的底数"),
    ("model_config.rms_norm_eps", "epsilon of RMSNorm", "RMSNorm 的 epsilon"),
    (
        "lora",
        "train LoRA adapters on a frozen base; null trains the whole model",
        "冻结底座，只训练 LoRA 适配器；null 表示训练整个模型",
    ),
    ("lora.r", "rank of the adapters", "适配器的秩"),
    ("lora.lora_alpha", "adapters are scaled by lora_alpha / r", "适配器的缩放为 lora_alpha / r"),
    ("lora.lora_dropout", "dropout probability of the adapters' inputs", "适配器输入的随机丢弃概率"),
    (
        "lora.target_modules",
        "matrices with an adapter: of q_proj, k_proj, v_proj, o_proj, gate, w1, w2, w3",
        "带适配器的矩阵：q_proj、k_proj、v_proj、o_proj、gate、w1、w2、w3 之中",
    ),
    (
        "lora.modules_to_save",
        "modules trained whole beside them: of embed_tokens, lm_head",
        "另外整个训练的模块：embed_tokens、lm_head 之中",
    ),
    (
        "lora.quantized_base",
        "keep the base quantized as in its file (QLoRA) instead of in F32",
        "底座保持文件中的量化形式（QLoRA），而非 F32",
    ),
    ("max_steps", "optimizer steps in total", "优化器的总步数"),
    (
        "max_seq_length",
        "longest document in tokens; null for the model's context. Longer texts are split",
        "一篇文档最多的词元数；null 取模型上下文。更长的文本切成块",
    ),
    (
        "packing",
        "join texts end to end into blocks of max_seq_length tokens; false keeps each text separate",
        "把各篇文本首尾相接，切成 max_seq_length 长的块；false 则每篇各自独立",
    ),
    ("batch_tokens", "input tokens per forward and backward pass", "一次前向与反向计算的输入词元数"),
    ("gradient_accumulation_steps", "passes per optimizer step", "每个优化步累积几次计算的梯度"),
    ("learning_rate", "peak learning rate", "最高学习率"),
    (
        "min_lr_ratio",
        "final learning rate of the cosine schedule, as a fraction of the peak",
        "余弦终点与最高学习率之比",
    ),
    ("warmup_ratio", "fraction of the steps spent on linear warm-up", "学习率线性上升阶段占总步数的比例"),
    ("weight_decay", "weight decay of matrices; norms have none", "矩阵的权重衰减；归一化权重不衰减"),
    ("max_grad_norm", "gradient clipping by norm; 0 disables it", "按范数裁剪梯度的上限；0 表示不裁剪"),
    ("adam_beta1", "AdamW: decay of the first moment", "AdamW：一阶矩的衰减"),
    ("adam_beta2", "AdamW: decay of the second moment", "AdamW：二阶矩的衰减"),
    ("router_aux_loss_coef", "coefficient of the load-balancing loss", "负载均衡损失的系数"),
    (
        "router_aux_loss_per_layer",
        "balance each layer separately, not all layers together as MixtralForCausalLM does",
        "逐层均衡，而非像 MixtralForCausalLM 那样各层合计",
    ),
    ("eval_steps", "steps between evaluations", "两次评估之间的步数"),
    ("eval_tokens", "input tokens per evaluation", "一次评估的输入词元数"),
    ("save_steps", "steps between checkpoints", "两个检查点之间的步数"),
    ("seed", "random seed", "随机种子"),
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
            eprintln!("{key:38} {}", language.pick(english, chinese));
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
