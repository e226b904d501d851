//! What an administrator says of a model.

/// What an administrator says of a model. The key is apart, so that saving a form never touches it by accident.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFields {
    /// Its name on pages.
    pub display_name: String,
    /// How often it is drawn, relative to others; 0 for never.
    pub sampling_weight: f64,
    /// Local: the file.
    pub path: Option<String>,
    /// Local, an adapter: the file of its base, where the adapter does not say.
    pub adapter_base: Option<String>,
    /// Local: the device, `cpu`, `cuda:N` or `auto`.
    pub device: String,
    /// The longest conversation in tokens; by default what the model says of itself.
    pub context_length: Option<i32>,
    /// Endpoint: where the OpenAI protocol begins, usually ending in `/v1`.
    pub base_url: Option<String>,
    /// Endpoint: the name that the server knows the model by.
    pub remote_model: Option<String>,
    /// Endpoint: the environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// Patience for the connection, in milliseconds.
    pub connect_ms: i32,
    /// Patience for the first token, in milliseconds.
    pub first_token_ms: i32,
    /// Patience from one token to the next, in milliseconds.
    pub between_tokens_ms: i32,
    /// Retries before the first token.
    pub retries: i32,
    /// Card: the family, such as Mixtral.
    pub family: String,
    /// Card: the model it was made from.
    pub base_model: String,
    /// Card: the quantisation, such as Q4_K.
    pub quantisation: String,
    /// Card: parameters in all.
    pub parameters: Option<i64>,
    /// Card: parameters that work on one token.
    pub active_parameters: Option<i64>,
    /// Card: the licence of the weights.
    pub licence: String,
    /// Card: where to read more.
    pub link: String,
    /// Card: description in English.
    pub description_en: String,
    /// Card: description in Chinese.
    pub description_zh: String,
}

impl Default for ModelFields {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            sampling_weight: 1.0,
            path: None,
            adapter_base: None,
            device: "auto".to_owned(),
            context_length: None,
            base_url: None,
            remote_model: None,
            api_key_env: None,
            connect_ms: 5000,
            first_token_ms: 120_000,
            between_tokens_ms: 30_000,
            retries: 1,
            family: String::new(),
            base_model: String::new(),
            quantisation: String::new(),
            parameters: None,
            active_parameters: None,
            licence: String::new(),
            link: String::new(),
            description_en: String::new(),
            description_zh: String::new(),
        }
    }
}
