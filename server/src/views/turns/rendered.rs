//! A turn as HTML, and the edits of its last steps.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::Side;
use crate::streams::{SideView, View};
use crate::views::markdown::{Edit, Growing};

/// Edits of this many bytes are kept in any case; more of them while the whole is not shorter.
const KEPT_EDITS: usize = 4096;

/// A turn, rendered step by step.
#[derive(Debug, Default)]
pub struct RenderedTurn {
    sides: [Option<RenderedSide>; 2],
    view: Arc<View>,
    step: u64,
    /// The edits of the last steps.
    edits: VecDeque<Arc<str>>,
    edits_bytes: usize,
    /// The whole as an edit, once somebody wanted it after this step.
    whole: Option<Arc<str>>,
    has_ended: bool,
    is_broken: bool,
}

/// What is new for a reader.
#[derive(Debug, Clone)]
pub struct News {
    /// Which step it brings the reader to, from 1.
    pub step: u64,
    /// Whether the first edit is the whole.
    pub is_whole: bool,
    /// JSON: of each side that changes either text, which is HTML to insert where the last block is open, or an object that
    /// says which blocks are replaced (see [`Edit`]).
    pub edits: Vec<Arc<str>>,
    /// How the sides stand then.
    pub view: Arc<View>,
    /// Whether that is the end.
    pub has_ended: bool,
}

impl RenderedTurn {
    /// Takes the next view of the turn.
    pub fn take(&mut self, view: View, has_ended: bool) {
        let mut edits = Map::new();
        for side in [Side::A, Side::B] {
            let Some(now) = &view.sides[side.index()] else { continue };
            let rendered = self.sides[side.index()].get_or_insert_with(|| RenderedSide::new(now));
            if let Some(edit) = rendered.take(now) {
                edits.insert(side.to_string(), edit.json());
            }
        }
        let edits: Arc<str> = if edits.is_empty() { Arc::default() } else { Value::Object(edits).to_string().into() };
        self.edits_bytes += edits.len();
        self.edits.push_back(edits);
        let whole: usize = self.blocks().map(String::len).sum();
        while self.edits_bytes > whole.max(KEPT_EDITS)
            && let Some(oldest) = self.edits.pop_front()
        {
            self.edits_bytes -= oldest.len();
        }
        self.whole = None;
        self.view = Arc::new(view);
        self.has_ended = has_ended;
        self.step += 1;
    }

    /// Notes that nothing more can be learnt of it here.
    pub fn break_off(&mut self) {
        self.is_broken = true;
    }

    pub fn step(&self) -> u64 {
        self.step
    }

    /// Whether no step follows.
    pub fn has_ended(&self) -> bool {
        self.has_ended || self.is_broken
    }

    /// What is new since a step; `None` where nothing is.
    pub fn since(&mut self, step: Option<u64>) -> Option<News> {
        if self.step == 0 || step == Some(self.step) {
            return None;
        }
        let missed = step.and_then(|step| usize::try_from(self.step - step).ok());
        let kept = missed.and_then(|missed| self.edits.len().checked_sub(missed));
        let edits = match kept {
            Some(from) => self.edits.range(from..).filter(|edits| !edits.is_empty()).cloned().collect(),
            None => vec![self.whole()],
        };
        let (view, has_ended) = (self.view.clone(), self.has_ended);
        Some(News { step: self.step, is_whole: kept.is_none(), edits, view, has_ended })
    }

    fn whole(&mut self) -> Arc<str> {
        let Self { sides, whole, .. } = self;
        let all = || {
            let all = [Side::A, Side::B].into_iter().filter_map(|side| {
                let rendered = sides[side.index()].as_ref()?;
                Some((side.to_string(), rendered.growing.whole().json()))
            });
            Value::Object(all.collect()).to_string().into()
        };
        whole.get_or_insert_with(all).clone()
    }

    fn blocks(&self) -> impl Iterator<Item = &String> {
        self.sides.iter().flatten().flat_map(|side| side.growing.blocks())
    }
}

/// A side, rendered as far as it was seen.
#[derive(Debug)]
struct RenderedSide {
    growing: Growing,
    text: Arc<str>,
    attempt: i32,
    restarts: u32,
    has_ended: bool,
}

impl RenderedSide {
    fn new(view: &SideView) -> Self {
        Self {
            growing: Growing::default(),
            text: Arc::default(),
            attempt: view.attempt,
            restarts: view.restarts,
            has_ended: false,
        }
    }

    fn take(&mut self, now: &SideView) -> Option<Edit> {
        let has_ended = !now.status.is_running();
        // Another server's row says nothing of restarts: there the text itself tells.
        let is_same = (self.attempt, self.restarts) == (now.attempt, now.restarts)
            && now.text.starts_with(&*self.text)
            && (!self.has_ended || (has_ended && self.text == now.text));
        if !is_same {
            let had = !self.growing.blocks().is_empty();
            *self = Self::new(now);
            self.go_on(now, has_ended);
            return (had || !self.growing.blocks().is_empty()).then(|| self.growing.whole());
        }
        self.go_on(now, has_ended)
    }

    fn go_on(&mut self, now: &SideView, has_ended: bool) -> Option<Edit> {
        self.text = now.text.clone();
        if !has_ended {
            return self.growing.grow(&now.text);
        }
        if std::mem::replace(&mut self.has_ended, true) { None } else { self.growing.finish(&now.text) }
    }
}
