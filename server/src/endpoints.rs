//! From a registered model's row to what the backends speak to, and what they say there.

use std::time::Duration;

use anyhow::bail;
use secrecy::SecretString;

use crate::backends::{Capacity, ChatRequest, Endpoint, Message as Said, Role, Sampling, Target, Timeouts};
use crate::domain::{Answering, EndpointSource, ModelSource, Parameters, SentParameter};
use crate::i18n::Message;
use crate::keys::Keys;
use crate::store::models::Model;

/// A registered endpoint with all its servers. Fails as [`endpoint`] does.
pub fn target(model: &Model, keys: &Keys) -> anyhow::Result<Target> {
    let first = endpoint(model, keys)?;
    let others = match &model.settings.source {
        ModelSource::Endpoint(source) => source.address.base_urls().skip(1).map(|base| first.at(base)).collect(),
        ModelSource::Local(_) => Ok(Vec::new()),
    };
    Ok(Target::new(model.id.to_string(), first, others?, capacity(model)))
}

/// The model of a worker.
pub fn local_target(model: &Model, endpoint: Endpoint) -> Target {
    Target::new(model.id.to_string(), local_endpoint(model, endpoint), Vec::new(), capacity(model))
}

/// How a contestant asks a model of a worker. Where it brings a chat template, what that refuses is no fault of the others who
/// answer with the same weights.
pub fn local_endpoint(model: &Model, endpoint: Endpoint) -> Endpoint {
    match apart(model) {
        Some(name) => endpoint.apart(name),
        None => endpoint,
    }
}

/// What the health of a worker's model is filed under besides, for [`Endpoint::own_worker_key`].
pub fn apart(model: &Model) -> Option<&str> {
    model.settings.answering.own_template().map(|_| model.slug.as_str())
}

fn capacity(model: &Model) -> Capacity {
    let most = model.settings.general.max_concurrency;
    Capacity { per_server: most.map(|most| usize::try_from(most).unwrap_or(0)), waiting: max_waiting(model) }
}

/// How many requests may wait for a model, whatever they wait for.
pub fn max_waiting(model: &Model) -> usize {
    usize::try_from(model.settings.general.max_queue).unwrap_or(0)
}

/// The first server of a registered endpoint, with its key. Fails when the key's environment variable is not set, or the key
/// was sealed with another secret.
pub fn endpoint(model: &Model, keys: &Keys) -> anyhow::Result<Endpoint> {
    let ModelSource::Endpoint(source) = &model.settings.source else { bail!("{} is no endpoint", model.slug) };
    let key = match (&model.api_key_sealed, &source.address.api_key_env) {
        (_, Some(name)) => Some(key_of_environment(name)?),
        (Some(sealed), None) => Some(keys.unseal(sealed.as_bytes())?),
        (None, None) => None,
    };
    endpoint_of(source, key)
}

/// The endpoint that checked settings describe.
pub fn endpoint_of(source: &EndpointSource, key: Option<SecretString>) -> anyhow::Result<Endpoint> {
    let EndpointSource { address, requests } = source;
    let timeouts = Timeouts {
        connect: Duration::try_from_secs_f64(requests.connect_seconds)?,
        first_token: Duration::try_from_secs_f64(requests.first_token_seconds)?,
        between_tokens: Duration::try_from_secs_f64(requests.between_tokens_seconds)?,
        ..Timeouts::default()
    };
    let endpoint = Endpoint::new(&address.base_url, key, &address.remote_model)?;
    // Checked when it was registered.
    let omitted = SentParameter::list(&requests.omitted_parameters).map_err(anyhow::Error::msg)?;
    let endpoint = endpoint.without_parameters(omitted);
    Ok(endpoint.with_timeouts(timeouts).with_retries(u32::try_from(requests.retries)?))
}

/// The key in an environment variable of the service.
pub fn key_of_environment(name: &str) -> anyhow::Result<SecretString> {
    let value = std::env::var(name).map_err(|_| Message::new("finding-no-key").with("name", name))?;
    Ok(SecretString::from(value))
}

/// The request with what is part of the contestant, and with what is usual where nobody says otherwise. What the battle says goes
/// before: a visitor of a named chat chose it.
pub fn completed(request: ChatRequest, own: &Answering, drawn_seed: u32) -> ChatRequest {
    let ChatRequest { mut messages, sampling, chat_template } = request;
    let has_prompt = messages.first().is_some_and(|message| message.role == Role::System);
    if !has_prompt && !own.system_prompt.is_empty() {
        messages.insert(0, Said { role: Role::System, content: own.system_prompt.clone() });
    }
    #[expect(clippy::cast_possible_truncation, reason = "a sampling parameter needs no more precision")]
    let short = |number: Option<f64>| number.map(|number| number as f32);
    let whole = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let sampling = Sampling {
        temperature: sampling.temperature.or(short(own.temperature)).or(Some(Parameters::USUAL_TEMPERATURE)),
        top_p: sampling.top_p.or(short(own.top_p)).or(Some(Parameters::USUAL_TOP_P)),
        top_k: sampling.top_k.or(whole(own.top_k)),
        min_p: sampling.min_p.or(short(own.min_p)),
        repetition_penalty: sampling.repetition_penalty.or(short(own.repetition_penalty)),
        seed: sampling.seed.or(whole(own.fixed_seed)).or(Some(drawn_seed)),
        ..sampling
    };
    let chat_template = chat_template.or_else(|| own.own_template().map(str::to_owned));
    ChatRequest { messages, sampling, chat_template }
}

/// What the first message of a battle asks of a contestant: a look at it asks the same.
pub fn first_request(own: &Answering) -> ChatRequest {
    let messages = vec![Said { role: Role::User, content: "Hello! 你好！".to_owned() }];
    let sampling = Sampling { max_tokens: Some(Parameters::BATTLE.max_tokens), ..Sampling::default() };
    completed(ChatRequest { messages, sampling, chat_template: None }, own, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(system: Option<&str>, sampling: Sampling) -> ChatRequest {
        let system = system.map(|text| Said { role: Role::System, content: text.to_owned() });
        let user = Said { role: Role::User, content: "你好".to_owned() };
        ChatRequest { messages: system.into_iter().chain([user]).collect(), sampling, chat_template: None }
    }

    #[test]
    fn a_contestant_answers_with_its_own_prompt_and_settings_unless_the_visitor_says_otherwise() {
        let own = Answering {
            system_prompt: "Answer in verse.".to_owned(),
            temperature: Some(0.2),
            top_k: Some(40),
            fixed_seed: Some(9),
            chat_template_jinja: "{{ messages[0].content }}".to_owned(),
            ..Answering::default()
        };
        let blind = completed(request(None, Sampling::default()), &own, 5);
        assert_eq!(blind.messages[0], Said { role: Role::System, content: "Answer in verse.".to_owned() });
        assert_eq!((blind.messages.len(), blind.chat_template.as_deref()), (2, Some("{{ messages[0].content }}")));
        let got = &blind.sampling;
        assert_eq!((got.temperature, got.top_p, got.top_k, got.seed), (Some(0.2), Some(1.0), Some(40), Some(9)));
        let said = Sampling { temperature: Some(1.5), seed: Some(1), ..Sampling::default() };
        let named = completed(request(Some("Be brief."), said), &own, 5);
        assert_eq!((named.messages[0].content.as_str(), named.messages.len()), ("Be brief.", 2));
        assert_eq!(
            (named.sampling.temperature, named.sampling.top_k, named.sampling.seed),
            (Some(1.5), Some(40), Some(1))
        );
    }

    #[test]
    fn a_look_asks_as_a_battle_does() {
        let own = Answering { system_prompt: "Answer in verse.".to_owned(), top_k: Some(40), ..Answering::default() };
        let asked = first_request(&own);
        assert_eq!((asked.messages.len(), asked.messages[0].role), (2, Role::System));
        let got = &asked.sampling;
        assert_eq!((got.temperature, got.top_k, got.max_tokens), (Some(0.7), Some(40), Some(2000)));
        assert!(got.top_p.is_some() && got.seed.is_some());
    }

    #[test]
    fn where_nobody_says_anything_answers_are_sampled_as_usual() {
        let plain = completed(request(None, Sampling::default()), &Answering::default(), 5);
        let got = &plain.sampling;
        assert_eq!((got.temperature, got.top_p, got.top_k, got.seed), (Some(0.7), Some(1.0), None, Some(5)));
        assert_eq!((plain.messages.len(), plain.chat_template), (1, None));
    }
}
