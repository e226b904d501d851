//! What one worker has been told to load, and what became of it: plain data, told what is wanted and what is there.

use std::collections::HashMap;

use super::control::{SlotState, SlotView};
use super::view::{LoadState, LocalModel};
use crate::domain::ModelId;
use crate::i18n::{Message, Translated};

/// So often may a worker die while it loads a model until the model is blamed. Once may be chance:
/// somebody killed it, or another program took the memory.
const MAX_CRASHES_WHILE_LOADING: u32 = 2;

/// The models of one worker.
#[derive(Default)]
pub(super) struct LoadPlan {
    wanted: Vec<LocalModel>,
    states: HashMap<ModelId, LoadState>,
    strikes: HashMap<ModelId, u32>,
    /// What the living worker has been told to load, by name.
    told: HashMap<String, LocalModel>,
}

/// What to tell the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Load(LocalModel),
    Unload(String),
}

impl LoadPlan {
    /// Changes what is wanted. A model whose registration changed starts afresh.
    pub(super) fn want(&mut self, wanted: Vec<LocalModel>) {
        let same: Vec<ModelId> =
            wanted.iter().filter(|model| self.wanted.contains(model)).map(|model| model.id).collect();
        self.states.retain(|id, _| same.contains(id));
        self.strikes.retain(|id, _| same.contains(id));
        for model in &wanted {
            self.states.entry(model.id).or_insert(LoadState::Waiting);
        }
        self.wanted = wanted;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether something is on its way, so that the worker should be asked again soon.
    pub(super) fn is_busy(&self) -> bool {
        self.states.values().any(|state| matches!(state, LoadState::Loading { .. }))
    }

    /// Forgets that a model failed.
    pub(super) fn retry(&mut self, id: ModelId) {
        if matches!(self.states.get(&id), Some(LoadState::Failed { .. })) {
            self.states.insert(id, LoadState::Waiting);
            self.strikes.remove(&id);
            // What the worker keeps of the failure is cleared away with it.
            self.told.retain(|_, model| model.id != id);
        }
    }

    /// Takes in what the worker has, and says what it should not have. Names are free again only after that.
    pub(super) fn take(&mut self, slots: &[SlotView]) -> Vec<Action> {
        let mut actions = Vec::new();
        for slot in slots {
            let told = self.told.get(&slot.name);
            if told.is_none_or(|told| !self.wanted.contains(told)) {
                self.told.remove(&slot.name);
                actions.push(Action::Unload(slot.name.clone()));
            }
        }
        for model in &self.wanted {
            let slot = slots.iter().find(|slot| slot.name == model.name);
            let state = match slot.filter(|_| self.told.get(&model.name) == Some(model)) {
                None => continue,
                Some(slot) => match slot.state {
                    SlotState::Loading => LoadState::Loading { done: slot.done_bytes, total: slot.total_bytes },
                    SlotState::Ready => {
                        self.strikes.remove(&model.id);
                        LoadState::Ready { card: slot.card.clone().unwrap_or_default() }
                    }
                    SlotState::Failed => {
                        let said = || Translated::verbatim(slot.error.clone().unwrap_or_default());
                        LoadState::Failed { error: slot.translations.clone().unwrap_or_else(said) }
                    }
                },
            };
            self.states.insert(model.id, state);
        }
        actions
    }

    /// The turn is this model's: what to tell the worker.
    pub(super) fn load(&mut self, id: ModelId) -> Option<Action> {
        let is_waiting = self.states.get(&id) == Some(&LoadState::Waiting);
        let model = self.wanted.iter().find(|model| model.id == id && is_waiting)?.clone();
        self.told.insert(model.name.clone(), model.clone());
        self.states.insert(model.id, LoadState::Loading { done: 0, total: 0 });
        Some(Action::Load(model))
    }

    /// Its turn is over: what to tell the worker. Should it fail, what the worker then has is taken away at the next look.
    pub(super) fn unload(&mut self, id: ModelId) -> Option<Action> {
        let name = self.wanted.iter().find(|model| model.id == id)?.name.clone();
        self.told.remove(&name)?;
        self.states.insert(id, LoadState::Waiting);
        Some(Action::Unload(name))
    }

    /// The worker refused to load a model at all.
    pub(super) fn refused(&mut self, model: &LocalModel, error: Translated) {
        self.told.remove(&model.name);
        self.states.insert(model.id, LoadState::Failed { error });
    }

    /// The worker is gone, and all models with it.
    pub(super) fn worker_died(&mut self, how: &Translated) {
        self.told.clear();
        for model in &self.wanted {
            let Some(state) = self.states.get_mut(&model.id) else { continue };
            match state {
                LoadState::Loading { .. } => {
                    let strikes = self.strikes.entry(model.id).or_default();
                    *strikes += 1;
                    *state = if *strikes >= MAX_CRASHES_WHILE_LOADING {
                        let told = Message::new("load-worker-died").with("times", *strikes).with_text("how", how);
                        LoadState::Failed { error: told.into() }
                    } else {
                        LoadState::Waiting
                    };
                }
                LoadState::Ready { .. } => *state = LoadState::Waiting,
                LoadState::Waiting | LoadState::Away | LoadState::Failed { .. } | LoadState::Unplaced { .. } => {}
            }
        }
    }

    /// The states of all models.
    pub(super) fn states(&self) -> HashMap<ModelId, LoadState> {
        self.states.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DevicePreference;
    use crate::i18n::Locale;

    fn model(n: u128) -> LocalModel {
        LocalModel {
            id: ModelId(uuid::Uuid::from_u128(n)),
            name: format!("m{n}"),
            path: format!("/{n}").into(),
            base: None,
            device: DevicePreference::Auto,
            context: None,
        }
    }

    fn slot(n: u128, state: SlotState) -> SlotView {
        let error = (state == SlotState::Failed).then(|| "damaged".to_owned());
        SlotView {
            name: format!("m{n}"),
            state,
            done_bytes: 5,
            total_bytes: 9,
            error,
            translations: None,
            card: None,
            created: 0,
        }
    }

    fn state(plan: &LoadPlan, n: u128) -> LoadState {
        plan.states()[&model(n).id].clone()
    }

    /// What the worker is told where all models have room.
    fn next(plan: &mut LoadPlan, slots: &[SlotView]) -> Vec<Action> {
        let mut actions = plan.take(slots);
        let is_waiting = |model: &&LocalModel| plan.states.get(&model.id) == Some(&LoadState::Waiting);
        let waiting = plan.wanted.iter().find(is_waiting).map(|model| model.id);
        if actions.is_empty() && !plan.is_busy() {
            actions.extend(waiting.and_then(|id| plan.load(id)));
        }
        actions
    }

    #[test]
    fn models_are_loaded_one_after_the_other_and_a_broken_one_stops_nobody() {
        let mut plan = LoadPlan::default();
        plan.want(vec![model(1), model(2)]);
        assert_eq!(next(&mut plan, &[]), [Action::Load(model(1))]);
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Loading)]), []);
        assert_eq!(state(&plan, 1), LoadState::Loading { done: 5, total: 9 });
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Failed)]), [Action::Load(model(2))]);
        assert_eq!(state(&plan, 1), LoadState::Failed { error: Translated::verbatim("damaged") });
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Failed), slot(2, SlotState::Ready)]), []);
        assert!(!plan.is_busy());
    }

    #[test]
    fn after_a_death_all_are_loaded_again_and_the_culprit_is_found() {
        let mut plan = LoadPlan::default();
        plan.want(vec![model(1), model(2)]);
        next(&mut plan, &[]);
        next(&mut plan, &[slot(1, SlotState::Ready)]);
        for _ in 0..2 {
            // Model 2 is being loaded when the worker dies.
            assert!(matches!(state(&plan, 2), LoadState::Loading { .. }));
            plan.worker_died(&Translated::verbatim("signal 9"));
            assert_eq!(state(&plan, 1), LoadState::Waiting);
            assert_eq!(next(&mut plan, &[]), [Action::Load(model(1))]);
            next(&mut plan, &[slot(1, SlotState::Ready)]);
        }
        let LoadState::Failed { error } = state(&plan, 2) else { panic!("{:?}", state(&plan, 2)) };
        assert_eq!(error.to_string(), "the worker died 2 times while loading it: signal 9");
        assert_eq!(error.text(Locale::Zh), "载入时工作进程已崩溃 2 次：signal 9");
        assert!(matches!(state(&plan, 1), LoadState::Ready { .. }));
        plan.retry(model(2).id);
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Ready)]), [Action::Load(model(2))]);
    }

    #[test]
    fn what_is_no_longer_wanted_or_has_changed_is_unloaded_first() {
        let mut plan = LoadPlan::default();
        plan.want(vec![model(1)]);
        next(&mut plan, &[]);
        next(&mut plan, &[slot(1, SlotState::Ready)]);
        let changed = LocalModel { path: "/other".into(), ..model(1) };
        plan.want(vec![changed.clone(), model(2)]);
        assert_eq!(state(&plan, 1), LoadState::Waiting);
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Ready)]), [Action::Unload("m1".into())]);
        assert_eq!(next(&mut plan, &[]), [Action::Load(changed)]);
        plan.want(vec![]);
        assert!(plan.is_empty());
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Loading)]), [Action::Unload("m1".into())]);
    }

    #[test]
    fn a_failed_model_is_tried_again_when_asked_for() {
        let mut plan = LoadPlan::default();
        plan.want(vec![model(1)]);
        next(&mut plan, &[]);
        next(&mut plan, &[slot(1, SlotState::Failed)]);
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Failed)]), []);
        plan.retry(model(1).id);
        assert_eq!(next(&mut plan, &[slot(1, SlotState::Failed)]), [Action::Unload("m1".into())]);
        assert_eq!(next(&mut plan, &[]), [Action::Load(model(1))]);
    }

    #[test]
    fn whose_turn_is_over_is_unloaded_and_loaded_again_in_its_turn() {
        let mut plan = LoadPlan::default();
        plan.want(vec![model(1), model(2)]);
        next(&mut plan, &[]);
        next(&mut plan, &[slot(1, SlotState::Ready)]);
        assert_eq!(plan.unload(model(1).id), Some(Action::Unload("m1".into())));
        assert_eq!((state(&plan, 1), plan.unload(model(1).id)), (LoadState::Waiting, None));
        // The worker did not hear it.
        assert_eq!(plan.take(&[slot(1, SlotState::Ready)]), [Action::Unload("m1".into())]);
        assert_eq!(plan.take(&[]), []);
        assert_eq!(plan.load(model(1).id), Some(Action::Load(model(1))));
        assert_eq!(plan.load(model(1).id), None, "it is on its way");
    }
}
