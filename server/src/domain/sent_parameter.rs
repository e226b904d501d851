//! Parameters of a request that some endpoints refuse, and that an answer does without.

use super::text_enum::text_enum;

text_enum!(
    /// A sampling parameter that need not be sent: the endpoint's own default stands for it.
    SentParameter, "parameter" {
        /// Sampling temperature.
        Temperature = "temperature",
        /// Nucleus sampling.
        TopP = "top_p",
        /// What makes an answer repeatable.
        Seed = "seed",
        /// Only the likeliest tokens; no part of OpenAI's own protocol, as the two below.
        TopK = "top_k",
        /// Only tokens nearly as likely as the likeliest.
        MinP = "min_p",
        /// What weakens repetition.
        RepetitionPenalty = "repetition_penalty",
    }
);

impl SentParameter {
    /// The parameters in a list such as `temperature, seed`, each once and in one order.
    ///
    /// # Errors
    /// The first name that is none.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let names = text.split([',', ';', '，', '、', ' ']).map(str::trim).filter(|name| !name.is_empty());
        let mut found =
            names.map(|name| name.parse().map_err(|_| name.to_owned())).collect::<Result<Vec<Self>, _>>()?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The list as text.
    pub fn names(list: &[Self]) -> String {
        list.iter().map(|parameter| parameter.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The parameter that a refusal is about, of those that are still sent. Where it names several that exclude each other, the
    /// first of those that change an answer least.
    pub fn refused_in(refusal: &str, omitted: &[Self]) -> Option<Self> {
        /// What servers call them.
        const NAMES: [(SentParameter, &[&str]); 6] = [
            (SentParameter::Seed, &["seed", "random_seed"]),
            (SentParameter::TopK, &["top_k", "topk"]),
            (SentParameter::MinP, &["min_p", "minp"]),
            (SentParameter::RepetitionPenalty, &["repetition_penalty", "repeat_penalty", "repetitionpenalty"]),
            (SentParameter::TopP, &["top_p", "topp", "nucleus", "nucleus_sampling"]),
            (SentParameter::Temperature, &["temperature"]),
        ];
        let refusal = refusal.to_lowercase().replace(['-', ' '], "_");
        let words: Vec<&str> = refusal.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let says = |name: &str| {
            let name: Vec<&str> = name.split('_').collect();
            words.windows(name.len()).any(|window| window == name)
        };
        let mut sent = NAMES.iter().filter(|(parameter, _)| !omitted.contains(parameter));
        sent.find(|(_, names)| names.iter().any(|name| says(name))).map(|(parameter, _)| *parameter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        use SentParameter::{Seed, Temperature, TopP};
        assert_eq!(SentParameter::list(" seed,temperature ，seed").as_deref(), Ok(&[Temperature, Seed][..]));
        assert_eq!(SentParameter::list(""), Ok(vec![]));
        assert_eq!(SentParameter::list("mirostat"), Err("mirostat".to_owned()));
        assert_eq!(SentParameter::names(&[TopP, Seed]), "top_p, seed");
    }

    #[test]
    fn the_refused_parameter_is_found_in_the_words_of_well_known_servers() {
        use SentParameter::{MinP, RepetitionPenalty, Seed, Temperature, TopK, TopP};
        for (said, found) in [
            (
                "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
                Some(Temperature),
            ),
            ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", Some(TopP)),
            ("Unsupported parameter: 'top_p' is not supported with this model.", Some(TopP)),
            ("unknown field \"seed\"", Some(Seed)),
            ("Top P must be left out", Some(TopP)),
            ("invalid temperature: only 1 is allowed for this model", Some(Temperature)),
            ("Unrecognized request argument supplied: top_k", Some(TopK)),
            ("[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"min_p\"]}]", Some(MinP)),
            ("repeat-penalty is not implemented", Some(RepetitionPenalty)),
            ("topP: out of range", Some(TopP)),
            ("Bad request", None),
            ("a seedling is no template for a template", None),
            ("attempt refused", None),
        ] {
            assert_eq!(SentParameter::refused_in(said, &[]), found, "{said}");
        }
        let named = "doubao-seed-1-6 takes no temperature";
        assert_eq!(SentParameter::refused_in(named, &[Seed]), Some(Temperature), "a name that is a parameter's too");
        assert_eq!(SentParameter::refused_in(named, &[Seed, Temperature]), None);
    }
}
