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

    /// The parameter that a refusal is about. Where it names several that exclude each other, the first of those that change
    /// an answer least.
    pub fn refused_in(refusal: &str) -> Option<Self> {
        let refusal = refusal.to_lowercase().replace(['-', ' '], "_");
        let names = |names: &[&str]| names.iter().any(|name| refusal.contains(name));
        if names(&["seed"]) {
            return Some(Self::Seed);
        }
        if names(&["top_p", "topp", "nucleus"]) {
            return Some(Self::TopP);
        }
        names(&["temperature"]).then_some(Self::Temperature)
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
        assert_eq!(SentParameter::list("top_k"), Err("top_k".to_owned()));
        assert_eq!(SentParameter::names(&[TopP, Seed]), "top_p, seed");
    }

    #[test]
    fn the_refused_parameter_is_found_in_the_words_of_well_known_servers() {
        use SentParameter::{Seed, Temperature, TopP};
        for (said, found) in [
            (
                "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
                Some(Temperature),
            ),
            ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", Some(TopP)),
            ("Unsupported parameter: 'top_p' is not supported with this model.", Some(TopP)),
            ("unknown field \"seed\"", Some(Seed)),
            ("Top P must be left out", Some(TopP)),
            ("Bad request", None),
        ] {
            assert_eq!(SentParameter::refused_in(said), found, "{said}");
        }
    }
}
