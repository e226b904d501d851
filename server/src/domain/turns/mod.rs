//! Models that do not fit into a device's memory together take turns in it: who is loaded next, and who leaves for it.
//!
//! - Whoever has waited longest is loaded next, and nobody overtakes. A model that an administrator pinned goes before all, and
//!   never leaves.
//! - Room is made by who is not answering before who is, and then by who was used least recently.
//! - Who came on demand stays for as long as it took to load it, or for [`STAY_ANSWERS`] answers, though others wait: at least half
//!   of the time goes into answers. After that it takes no new requests while somebody needs its room; those under way are
//!   finished. So a wait has an end: a stay, a round of answers and a load for each of those before.
//! - What nobody waits for is loaded where there is room. What is prepared for the next battle may also take the room of who was
//!   not used for [`KEPT`].
//!
//! What several models read from the same files is in memory once: adapters on one base count it together.
//!
//! That a model fits at all beside those that are pinned is seen to when it is given its device.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use super::ModelId;

/// The shortest and the longest stay of a model that was loaded on demand.
const STAY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// After so many answers it has stayed long enough.
const STAY_ANSWERS: u64 = 4;
/// Who was used within this time does not leave for what is only prepared: a conversation may go on.
const KEPT: Duration = Duration::from_secs(60);

/// Where a model is between disk and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// Not in memory.
    #[default]
    Away,
    /// On its way; so many bytes are left to read.
    Loading { left: u64 },
    /// In memory.
    Here,
    /// About to be unloaded.
    Leaving,
    /// It cannot be loaded.
    Broken,
}

/// Weights that whoever reads the same files has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedWeights {
    /// Which: the same for the same files.
    pub key: u64,
    pub bytes: u64,
}

/// A model that shares its device's memory. Times are since any one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnTaker {
    pub id: ModelId,
    /// The memory that it takes alone.
    pub bytes: u64,
    /// What of it others may have brought already.
    pub shared: Option<SharedWeights>,
    /// Whether it must stay.
    pub is_pinned: bool,
    /// Whether the next battle is likely to be its.
    pub is_prepared: bool,
    pub presence: Presence,
    /// Requests that it answers now.
    pub answering: usize,
    /// When the first of those that wait for it came.
    pub waits_since: Option<Duration>,
    /// When it was loaded.
    pub came: Duration,
    /// How long that took.
    pub took: Duration,
    /// Answers since.
    pub answers: u64,
    /// When it was last asked or ready with an answer.
    pub used: Option<Duration>,
}

impl TurnTaker {
    /// One that is not there and was never asked.
    pub fn new(id: ModelId, bytes: u64, is_pinned: bool) -> Self {
        Self {
            id,
            bytes,
            shared: None,
            is_pinned,
            is_prepared: false,
            presence: Presence::Away,
            answering: 0,
            waits_since: None,
            came: Duration::ZERO,
            took: Duration::ZERO,
            answers: 0,
            used: None,
        }
    }

    /// Whether it takes up memory.
    pub fn takes_room(&self) -> bool {
        matches!(self.presence, Presence::Loading { .. } | Presence::Here | Presence::Leaving)
    }

    /// Whether it may go as soon as it is not answering.
    fn has_stayed(&self, now: Duration) -> bool {
        let is_asked = self.answering > 0 || self.answers > 0 || self.waits_since.is_some();
        let stay = self.took.clamp(STAY.0, STAY.1);
        !is_asked || self.answers >= STAY_ANSWERS || now.saturating_sub(self.came) >= stay
    }

    fn is_away(&self) -> bool {
        self.presence == Presence::Away
    }

    /// How much is to be read to have it beside these.
    pub fn missing_beside<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> u64 {
        let key = self.shared.map(|shared| shared.key);
        let mut others = others.into_iter().filter(|one| one.id != self.id && one.takes_room());
        let is_there = key.is_some() && others.any(|one| one.shared.map(|shared| shared.key) == key);
        let there = self.shared.filter(|_| is_there).map_or(0, |shared| shared.bytes);
        self.bytes.saturating_sub(there)
    }
}

/// The memory that models take together: what they share counts once.
pub fn memory_together<'a>(models: impl IntoIterator<Item = &'a TurnTaker>) -> u64 {
    let mut keys = HashSet::new();
    models.into_iter().fold(0u64, |sum, one| {
        let is_new = one.shared.is_none_or(|shared| keys.insert(shared.key));
        let counted = one.shared.filter(|_| !is_new).map_or(0, |shared| shared.bytes);
        sum.saturating_add(one.bytes.saturating_sub(counted))
    })
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnMoves {
    /// To be loaded now.
    pub load: Option<ModelId>,
    /// To be unloaded now.
    pub leave: Vec<ModelId>,
    /// Those that take no new requests: they leave once they have answered.
    pub closed: Vec<ModelId>,
}

/// What is to be done at a moment, in this much memory; without a bound where it is unknown.
pub fn turn_moves(models: &[TurnTaker], memory: Option<u64>, now: Duration) -> TurnMoves {
    let mut moves = TurnMoves::default();
    // One at a time: two would share the disk, and it would not be known which one a worker died of.
    if models.iter().any(|one| matches!(one.presence, Presence::Loading { .. } | Presence::Leaving)) {
        return moves;
    }
    let present: Vec<&TurnTaker> = models.iter().filter(|one| one.takes_room()).collect();
    let has_room = |next: &TurnTaker| fits(&present, &[], next, memory);
    let away = || models.iter().filter(|one| one.is_away());
    let pinned = away().find(|one| one.is_pinned);
    let waiting = away().filter(|one| one.waits_since.is_some()).min_by_key(|one| one.waits_since);
    if let Some(next) = pinned.or(waiting) {
        if has_room(next) {
            moves.load = Some(next.id);
            return moves;
        }
        for one in victims(&present, next, memory, now, |_| true) {
            match (one.has_stayed(now), one.answering) {
                (false, _) => {}
                (true, 0) => moves.leave.push(one.id),
                (true, _) => moves.closed.push(one.id),
            }
        }
        return moves;
    }
    for next in away().filter(|one| one.is_prepared) {
        if has_room(next) {
            moves.load = Some(next.id);
            return moves;
        }
        let is_forgotten = |one: &TurnTaker| {
            let is_idle = one.answering == 0 && one.waits_since.is_none() && one.has_stayed(now);
            is_idle && !one.is_prepared && one.used.is_none_or(|used| now.saturating_sub(used) >= KEPT)
        };
        let leave = victims(&present, next, memory, now, is_forgotten);
        if !leave.is_empty() {
            moves.leave = leave.iter().map(|one| one.id).collect();
            return moves;
        }
    }
    // The one used last first; of those never used the first in the list.
    moves.load = away().filter(|one| has_room(one)).min_by_key(|one| Reverse(one.used)).map(|one| one.id);
    moves
}

/// Whether a model has room beside those that are there, without those that go.
fn fits(present: &[&TurnTaker], gone: &[&TurnTaker], next: &TurnTaker, memory: Option<u64>) -> bool {
    let stays = present.iter().copied().filter(|one| gone.iter().all(|gone| gone.id != one.id));
    memory.is_none_or(|memory| memory_together(stays.chain([next])) <= memory)
}

/// Who would have to leave for a model; nobody where that is not enough.
fn victims<'a>(
    present: &[&'a TurnTaker],
    next: &TurnTaker,
    memory: Option<u64>,
    now: Duration,
    may: impl Fn(&TurnTaker) -> bool,
) -> Vec<&'a TurnTaker> {
    let is_candidate = |one: &&TurnTaker| one.presence == Presence::Here && !one.is_pinned && may(one);
    let mut order: Vec<&TurnTaker> = present.iter().copied().filter(is_candidate).collect();
    // Who is on the newcomer's own base frees little, and with the last of them it would be read again.
    let shares = |one: &TurnTaker| next.missing_beside([one]) < next.bytes;
    order.sort_by_key(|one| (one.answering > 0, !one.has_stayed(now), one.is_prepared, shares(one), one.used));
    let mut found: Vec<&TurnTaker> = Vec::new();
    for one in order {
        if fits(present, &found, next, memory) {
            break;
        }
        found.push(one);
    }
    if !fits(present, &found, next, memory) {
        return Vec::new();
    }
    // Where the last one makes enough room alone, the others need not go.
    for one in found.clone() {
        let without: Vec<&TurnTaker> = found.iter().copied().filter(|other| other.id != one.id).collect();
        if fits(present, &without, next, memory) {
            found = without;
        }
    }
    found
}

/// How long until a model that is not in memory could answer, by how many bytes are loaded a second; nothing where it cannot be loaded.
pub fn turn_wait(models: &[TurnTaker], id: ModelId, bytes_per_second: f64) -> Option<Duration> {
    let wanted = models.iter().find(|one| one.id == id)?;
    if wanted.presence == Presence::Broken {
        return None;
    }
    let is_on_its_way = matches!(wanted.presence, Presence::Loading { .. });
    let is_before = |one: &TurnTaker| match (one.waits_since, wanted.waits_since) {
        (Some(one), Some(wanted)) => one < wanted,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let bytes = models.iter().fold(0u64, |sum, one| {
        let left = match one.presence {
            Presence::Loading { left } => left,
            Presence::Away if is_on_its_way => 0,
            Presence::Away if one.id == id || is_before(one) => one.missing_beside(models),
            Presence::Here | Presence::Leaving if one.id == id => one.missing_beside(models),
            _ => 0,
        };
        sum.saturating_add(left)
    });
    Some(Duration::from_secs_f64((bytes as f64 / bytes_per_second.max(1.0)).clamp(1.0, 3600.0)))
}

/// How much rarer a pair is drawn whose models would first have to be loaded for so long. Never so rare that it does not come.
pub fn readiness(wait: Duration) -> f64 {
    /// After so long a pair is drawn half as often.
    const HALF: f64 = 10.0;
    const LEAST: f64 = 0.05;
    (HALF / (HALF + wait.as_secs_f64())).max(LEAST)
}
