//! Which registered models share one loaded copy of their weights: the same weights with another prompt or other settings are
//! another contestant, and need no second copy.

use super::view::LocalModel;
use crate::domain::ModelId;

/// One copy to load, and who answers with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoadedCopy {
    /// As its worker is to know it.
    pub model: LocalModel,
    pub users: Vec<ModelId>,
}

/// Whether both are the same weights in the same place, for conversations of the same length.
fn are_same_weights(one: &LocalModel, other: &LocalModel) -> bool {
    let of = |model: &LocalModel| (model.path.clone(), model.base.clone(), model.device, model.context);
    of(one) == of(other)
}

/// The copies of these models, in their order. What is loaded keeps its name while anybody uses it, even where the model that it
/// was named after is gone: another name would mean to load it anew.
pub(super) fn copies(desired: Vec<LocalModel>, loaded: &[LocalModel]) -> Vec<LoadedCopy> {
    let mut copies: Vec<LoadedCopy> = Vec::new();
    for model in &desired {
        match copies.iter_mut().find(|copy| are_same_weights(&copy.model, model)) {
            Some(copy) => copy.users.push(model.id),
            None => copies.push(LoadedCopy { model: model.clone(), users: vec![model.id] }),
        }
    }
    for copy in &mut copies {
        let is_free = |known: &LocalModel| {
            let others = || desired.iter().filter(|model| !copy.users.contains(&model.id));
            others().all(|other| other.id != known.id && other.name != known.name)
        };
        if let Some(known) = loaded.iter().find(|known| are_same_weights(known, &copy.model) && is_free(known)) {
            copy.model = known.clone();
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DevicePreference;

    fn model(n: u128, path: &str) -> LocalModel {
        LocalModel {
            id: ModelId(uuid::Uuid::from_u128(n)),
            name: format!("m{n}"),
            path: path.into(),
            base: None,
            device: DevicePreference::Auto,
            context: None,
        }
    }

    fn named(copies: &[LoadedCopy]) -> Vec<(String, usize)> {
        copies.iter().map(|copy| (copy.model.name.clone(), copy.users.len())).collect()
    }

    #[test]
    fn the_same_weights_are_loaded_once_and_others_beside_them() {
        let longer = LocalModel { context: Some(64), ..model(4, "/a") };
        let found = copies(vec![model(1, "/a"), model(2, "/b"), model(3, "/a"), longer], &[]);
        assert_eq!(named(&found), [("m1".to_owned(), 2), ("m2".to_owned(), 1), ("m4".to_owned(), 1)]);
    }

    #[test]
    fn a_copy_keeps_its_name_when_the_model_that_gave_it_goes() {
        let loaded = [model(1, "/a")];
        assert_eq!(named(&copies(vec![model(3, "/a")], &loaded)), [("m1".to_owned(), 1)]);
        // Whoever comes first in the list does not matter either.
        assert_eq!(named(&copies(vec![model(0, "/a"), model(1, "/a")], &loaded)), [("m1".to_owned(), 2)]);
        // The model is another file now, and needs its name itself.
        let moved = copies(vec![model(1, "/b"), model(3, "/a")], &loaded);
        assert_eq!(named(&moved), [("m1".to_owned(), 1), ("m3".to_owned(), 1)]);
    }
}
