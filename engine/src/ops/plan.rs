//! Whether a step's plan is whole and stays inside the cache.

use crate::error::{Error, Result};
use crate::schedule::{SequenceSlice, StepInput};

/// Checks a plan against a cache of `blocks` blocks of `block_size` tokens.
///
/// # Errors
/// What does not fit.
pub fn check_plan(plan: &StepInput, blocks: usize, block_size: usize, vocabulary: usize) -> Result<()> {
    check(plan, blocks, block_size, vocabulary).map_err(Error::StepInput)
}

/// Where the cache keeps a position of a sequence.
pub fn slot(span: &SequenceSlice, position: usize, block_size: usize) -> u32 {
    span.blocks[position / block_size] * block_size as u32 + (position % block_size) as u32
}

fn check(plan: &StepInput, blocks: usize, block_size: usize, vocabulary: usize) -> Result<(), String> {
    let tokens = plan.tokens.len();
    if tokens == 0 {
        return Err("an empty batch".into());
    }
    if plan.positions.len() != tokens || plan.slots.len() != tokens {
        let (positions, slots) = (plan.positions.len(), plan.slots.len());
        return Err(format!("{tokens} tokens, {positions} positions and {slots} slots"));
    }
    if let Some(id) = plan.tokens.iter().find(|&&id| id as usize >= vocabulary) {
        return Err(format!("token {id} is not in the vocabulary of {vocabulary}"));
    }
    if let Some(row) = plan.outputs.iter().find(|&&row| row as usize >= tokens) {
        return Err(format!("output row {row} of {tokens}"));
    }
    let mut row = 0;
    for (i, span) in plan.sequences.iter().enumerate() {
        let fault = |what: String| Err(format!("sequence {i}: {what}"));
        if span.start != row || span.len == 0 || span.len > tokens - row {
            return fault(format!("rows {} + {} of {tokens}, after row {row}", span.start, span.len));
        }
        if span.context < span.len || span.context > span.blocks.len() * block_size {
            let (context, held) = (span.context, span.blocks.len() * block_size);
            return fault(format!("{} tokens, a context of {context}, blocks for {held}", span.len));
        }
        if let Some(block) = span.blocks.iter().find(|&&block| block as usize >= blocks) {
            return fault(format!("block {block} of {blocks}"));
        }
        for i in 0..span.len {
            let position = span.context - span.len + i;
            if plan.positions[row + i] as usize != position {
                return fault(format!("row {} is at {}, not {position}", row + i, plan.positions[row + i]));
            }
            let wanted = slot(span, position, block_size);
            if plan.slots[row + i] != wanted {
                return fault(format!("row {} goes to slot {}, not {wanted}", row + i, plan.slots[row + i]));
            }
        }
        row += span.len;
    }
    if row != tokens {
        return Err(format!("{tokens} tokens, but the sequences have {row}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> StepInput {
        StepInput {
            tokens: vec![1, 5, 7],
            positions: vec![3, 4, 0],
            slots: vec![11, 4, 8],
            sequences: vec![
                SequenceSlice { start: 0, len: 2, context: 5, blocks: vec![2, 1] },
                SequenceSlice { start: 2, len: 1, context: 1, blocks: vec![2] },
            ],
            outputs: vec![1, 2],
        }
    }

    #[test]
    fn a_sound_plan_passes_and_every_fault_is_named() {
        assert_eq!(check(&plan(), 3, 4, 10), Ok(()));
        type Fault = (fn(&mut StepInput), &'static str);
        let faults: [Fault; 9] = [
            (|p| *p = StepInput::default(), "empty"),
            (|p| p.tokens[0] = 10, "token 10"),
            (|p| p.outputs[0] = 3, "output row 3"),
            (|p| p.positions[1] = 3, "row 1 is at 3"),
            (|p| p.slots[2] = 9, "slot 9, not 8"),
            (|p| p.sequences[0].blocks[1] = 3, "block 3 of 3"),
            (|p| p.sequences[0].context = 9, "blocks for 8"),
            (|p| p.sequences[1].len = 2, "rows 2 + 2"),
            (|p| drop(p.sequences.pop()), "sequences have 2"),
        ];
        for (spoil, words) in faults {
            let mut plan = plan();
            spoil(&mut plan);
            let message = check(&plan, 3, 4, 10).expect_err(words);
            assert!(message.contains(words), "{message} should contain {words}");
        }
    }
}
