//! A step's phases. All threads run them together; each takes whole items of a phase, and all meet at its end.
//!
//! With few tokens, what is done token by token is left to the thread that arrives last, while the others wait: five joins a
//! layer. With many it is a phase of its own.

#![expect(unsafe_code, reason = "threads that write disjoint rows between joins")]

use std::cell::RefCell;
use std::ops::Range;
use std::sync::PoisonError;

use super::grouping::choose;
use super::weights::Weights;
use super::workspace::{PIECE, Scratch, Workspace};
use crate::arch::{Config, Rope};
use crate::cpu::attention::{self, Heads, Tasks};
use crate::cpu::cache::{Cache, Pages, Stored};
use crate::cpu::memory::Buffer;
use crate::cpu::pool::{Halt, Worker};
use crate::cpu::product::{Form, PackedMatrix, TILE_ROWS, form, product};
use crate::error::Error;
use crate::ops::{add_scaled, apply_rope, are_finite, can_normalise, rms_norm, swiglu};
use crate::schedule::StepInput;

/// Up to so many tokens, one thread does alone what is done token by token.
const FEW: usize = 4;
/// From so many tokens on, pieces of matrices are large.
const MANY: usize = 64;
/// Rows of a piece at most, for fewer tokens.
const SMALL_PIECE: usize = 64;

/// A step: what all threads read.
pub struct Step<'a> {
    pub config: &'a Config,
    pub rope: &'a Rope,
    pub weights: &'a Weights,
    pub cache: &'a Cache,
    pub space: &'a Workspace,
    pub tasks: &'a Tasks,
    pub plan: &'a StepInput,
}

type Done = Result<(), Halt>;

fn not_finite(what: &str) -> Halt {
    Error::NotFinite(what.to_owned()).into()
}

fn check(is_finite: bool, what: &str) -> Done {
    if is_finite { Ok(()) } else { Err(not_finite(what)) }
}

/// Tells which layer an error arose in.
fn in_layer(layer: usize) -> impl Fn(Halt) -> Halt {
    move |halt| match halt {
        Halt::Error(error) => error.in_layer(layer).into(),
        Halt::Other => Halt::Other,
    }
}

/// One thread in a step.
pub struct Thread<'a, 'w> {
    pub step: &'a Step<'a>,
    pub worker: &'a Worker<'w>,
    pub scratch: RefCell<&'a mut Scratch>,
}

/// The rows of a matrix in pieces.
#[derive(Clone, Copy)]
struct Pieces {
    rows: usize,
    size: usize,
}

impl Pieces {
    /// Enough pieces that threads end together, and as large as can be: some 8 for each thread. What is done once for all
    /// rows of a piece, as gathering tokens, is worth more the more tokens there are.
    fn new(rows: usize, all: usize, threads: usize, tokens: usize) -> Self {
        let most = if tokens >= MANY { PIECE } else { SMALL_PIECE };
        let size = (all / (8 * threads)).next_multiple_of(TILE_ROWS).clamp(TILE_ROWS, most);
        Self { rows, size }
    }

    fn len(self) -> usize {
        self.rows.div_ceil(self.size)
    }

    fn get(self, piece: usize) -> Range<usize> {
        piece * self.size..((piece + 1) * self.size).min(self.rows)
    }
}

impl Thread<'_, '_> {
    /// The whole step up to the last norm. Afterwards the rows that the plan wants are ready for the output matrix.
    pub fn body(&self) -> Done {
        let tokens = self.step.plan.tokens.len();
        let first = &self.step.weights.layers[0];
        self.worker
            .share(tokens, |token| {
                self.embed(token);
                self.normalise(&self.step.space.x, token, &first.attention_norm, &first.forms.qkv)
            })
            .map_err(in_layer(0))?;
        (0..self.step.weights.layers.len()).try_for_each(|number| self.layer(number))
    }

    /// The embedding and the angles of a token.
    fn embed(&self, token: usize) {
        let Step { plan, weights, space, config, rope, .. } = self.step;
        let hidden = config.hidden_size;
        // SAFETY: a token belongs to one thread.
        let x = unsafe { space.x.get_mut(token * hidden..(token + 1) * hidden) };
        weights.embedding.row(plan.tokens[token] as usize, x);
        let dim = config.head_dim;
        // SAFETY: the same.
        let (cosines, sines) = unsafe { space.angles.get_mut(token * dim..(token + 1) * dim) }.split_at_mut(dim / 2);
        let pairs = cosines.iter_mut().zip(sines);
        for ((cosine, sine), (cos, sin)) in pairs.zip(rope.turn(plan.positions[token])) {
            (*cosine, *sine) = (cos, sin);
        }
    }

    /// Makes a row of the residual stream the input of the products that follow.
    fn normalise(&self, x: &Buffer<f32>, row: usize, norm: &[f32], forms: &[Form]) -> Done {
        let hidden = norm.len();
        let scratch = &mut *self.scratch.borrow_mut();
        // SAFETY: the row belongs to this thread, and nobody writes it meanwhile.
        let x = unsafe { x.get(row * hidden..(row + 1) * hidden) };
        check(can_normalise(x, hidden), "the input of a norm")?;
        let out = &mut scratch.row[..hidden];
        rms_norm(x, norm, self.step.config.norm_eps, out);
        // SAFETY: the row belongs to this thread.
        check(unsafe { self.step.space.hidden_inputs.set(row, out, forms) }, "a matrix's input")
    }

    /// Items of a phase, and then something for each of `rows`: by one thread where they are few.
    fn share_and_each(
        &self,
        items: usize,
        body: impl FnMut(usize) -> Done,
        rows: usize,
        mut each: impl FnMut(usize) -> Done,
        then: impl FnOnce() -> Done,
    ) -> Done {
        if rows <= FEW {
            return self.worker.share_then(items, body, || {
                (0..rows).try_for_each(each)?;
                then()
            });
        }
        self.worker.share(items, body)?;
        self.worker.share_then(rows, &mut each, then)
    }

    /// One layer.
    fn layer(&self, number: usize) -> Done {
        let Step { weights, space, plan, .. } = self.step;
        match self.step.cache {
            Cache::F16(pages) => self.attention(number, pages)?,
            Cache::F32(pages) => self.attention(number, pages)?,
            Cache::Q8_0(pages) => self.attention(number, pages)?,
        }
        let next = weights.layers.get(number + 1);
        // After the last attention, only the rows that are asked for matter.
        let (rows, x) = match next {
            Some(_) => (&space.rows[..plan.tokens.len()], &space.x),
            None if plan.outputs.is_empty() => return Ok(()),
            None => (plan.outputs.as_slice(), &space.wanted),
        };
        self.output(number, rows, x)?;
        self.experts(number, rows.len(), x)
    }

    /// Queries, keys and values; keys and values into the cache; attention; its results as the input of what follows.
    fn attention<T: Stored>(&self, number: usize, pages: &Pages<T>) -> Done {
        let Step { config, weights, space, plan, tasks, .. } = self.step;
        let layer = &weights.layers[number];
        let tokens = plan.tokens.len();
        let heads = Heads { query: config.heads, kv: config.kv_heads, dim: config.head_dim };
        let (q, kv) = (heads.query * heads.dim, heads.kv * heads.dim);
        let (width, all) = (q + 2 * kv, &space.rows[..tokens]);
        let pieces =
            layer.qkv.each_ref().map(|matrix| Pieces::new(matrix.rows(), width, self.worker.threads(), tokens));
        let starts = [0, q, q + kv];
        let items = pieces.iter().map(|pieces| pieces.len()).sum();
        let multiply = |mut item: usize| {
            let mut part = 0;
            while item >= pieces[part].len() {
                item -= pieces[part].len();
                part += 1;
            }
            let (matrix, start) = (&layer.qkv[part], starts[part]);
            let inputs = space.hidden_inputs.of(form(matrix.kind()));
            multiply(matrix, pieces[part].get(item), inputs, all, |token, row, products| {
                let at = token * width + start + row;
                // SAFETY: the rows of a piece belong to this thread.
                unsafe { space.qkv.get_mut(at..at + products.len()) }.copy_from_slice(products);
            })
        };
        let store = |token: usize| {
            // SAFETY: a token belongs to one thread.
            let row = unsafe { space.qkv.get_mut(token * width..(token + 1) * width) };
            // SAFETY: nobody writes the angles any more.
            let angles = unsafe { space.angles.get(token * heads.dim..(token + 1) * heads.dim) };
            let (cosines, sines) = angles.split_at(heads.dim / 2);
            let (queries, rest) = row.split_at_mut(q);
            let (keys, values) = rest.split_at_mut(kv);
            apply_rope(queries, heads.query, heads.dim, cosines, sines);
            apply_rope(keys, heads.kv, heads.dim, cosines, sines);
            // SAFETY: a token's slot belongs to one thread, and nobody reads the cache in this phase.
            let fits = unsafe { pages.write(number, plan.slots[token] as usize, keys, values) };
            check(fits, "a key or a value")
        };
        let at = in_layer(number);
        self.share_and_each(items, |i| multiply(i).map_err(&at), tokens, |i| store(i).map_err(&at), || Ok(()))?;

        let attention = attention::Layer {
            heads,
            pages,
            layer: number,
            plan,
            tasks,
            q: &space.qkv,
            q_stride: width,
            out: &space.attended,
            places: &space.chunks,
        };
        let attend = |task: usize| {
            // SAFETY: a task belongs to one thread, and nobody writes queries, keys or values in this phase.
            unsafe { attention.run(task, &mut self.scratch.borrow_mut().attention) };
            Ok(())
        };
        let round = |token: usize| {
            // SAFETY: nobody writes attention's results any more.
            let row = unsafe { space.attended.get(token * q..(token + 1) * q) };
            // SAFETY: a token belongs to one thread.
            check(unsafe { space.attended_inputs.set(token, row, &layer.forms.output) }, "a matrix's input")
        };
        let join = |sequence: usize| {
            // SAFETY: all tasks are done, and a sequence belongs to one thread.
            unsafe { attention.join(sequence, &mut self.scratch.borrow_mut().attention) };
            Ok(())
        };
        if !tasks.has_shared() {
            return self.share_and_each(tasks.len(), attend, tokens, |i| round(i).map_err(&at), || Ok(()));
        }
        self.share_and_each(tasks.len(), attend, attention.joins(), join, || Ok(()))?;
        // Those that were joined by the last to arrive are few: so are these.
        self.worker.share(tokens, |i| round(i).map_err(&at))
    }

    /// Attention's output matrix for some rows of the step, added to the residual stream; rows of `to` in their order.
    fn output(&self, number: usize, rows: &[u32], to: &Buffer<f32>) -> Done {
        let Step { config, weights, space, .. } = self.step;
        let layer = &weights.layers[number];
        let hidden = config.hidden_size;
        let pieces = Pieces::new(hidden, hidden, self.worker.threads(), rows.len());
        let inputs = space.attended_inputs.of(form(layer.output.kind()));
        let is_all = std::ptr::eq(to, &space.x);
        let multiply = |piece: usize| {
            multiply(&layer.output, pieces.get(piece), inputs, rows, |i, row, products| {
                let (at, from) = (i * hidden + row, rows[i] as usize * hidden + row);
                // SAFETY: the rows of a piece belong to this thread.
                let out = unsafe { to.get_mut(at..at + products.len()) };
                if !is_all {
                    // SAFETY: another buffer, which nobody writes meanwhile.
                    out.copy_from_slice(unsafe { space.x.get(from..from + products.len()) });
                }
                out.iter_mut().zip(products).for_each(|(out, product)| *out += product);
            })
        };
        let (experts, top) = (config.num_experts, config.experts_per_token);
        let route = |row: usize| {
            self.normalise(to, row, &layer.expert_norm, &layer.forms.experts)?;
            let Scratch { router, order, .. } = &mut **self.scratch.borrow_mut();
            let inputs = space.hidden_inputs.of(form(layer.router.kind()));
            let mut is_finite = true;
            product(&layer.router, 0..experts, inputs, &[row as u32], &mut |_, first, products| {
                is_finite &= are_finite(products);
                router[first..first + products.len()].copy_from_slice(products);
            });
            check(is_finite, "what the router says")?;
            // SAFETY: a row belongs to one thread.
            let chosen = unsafe { space.chosen.get_mut(row * top..(row + 1) * top) };
            // SAFETY: the same.
            choose(router, order, chosen, unsafe { space.shares.get_mut(row * top..(row + 1) * top) });
            Ok(())
        };
        let sort = || {
            // SAFETY: all have chosen.
            let chosen = unsafe { space.chosen.get(0..rows.len() * top) };
            space.grouping.write().unwrap_or_else(PoisonError::into_inner).sort(chosen, experts, top);
            Ok(())
        };
        let at = in_layer(number);
        self.share_and_each(pieces.len(), |i| multiply(i).map_err(&at), rows.len(), |i| route(i).map_err(&at), sort)
    }

    /// The experts of some rows, added to the residual stream; then the norm of what comes next.
    fn experts(&self, number: usize, rows: usize, x: &Buffer<f32>) -> Done {
        let Step { config, space, weights, .. } = self.step;
        let (layer, next) = (&weights.layers[number], weights.layers.get(number + 1));
        let (hidden, ffn, top) = (config.hidden_size, config.intermediate_size, config.experts_per_token);
        let grouping = space.grouping.read().unwrap_or_else(PoisonError::into_inner);
        let threads = self.worker.threads();
        let pieces = Pieces::new(ffn, ffn * grouping.active.len(), threads, rows);
        let widen = |item: usize| {
            let (expert, places) = &grouping.active[item / pieces.len()];
            let rows = pieces.get(item % pieces.len());
            let tokens = &grouping.tokens[places.clone()];
            let (first, count) = (rows.start, rows.len());
            let scratch = &mut *self.scratch.borrow_mut();
            let gates = &mut scratch.products[..tokens.len() * count];
            let inputs = |matrix: &PackedMatrix| space.hidden_inputs.of(form(matrix.kind()));
            let (gate, up) = (&layer.gate[*expert], &layer.up[*expert]);
            product(gate, rows.clone(), inputs(gate), tokens, &mut |i, row, products| {
                gates[i * count + row - first..][..products.len()].copy_from_slice(products);
            });
            product(up, rows, inputs(up), tokens, &mut |i, row, products| {
                let at = (places.start + i) * ffn + row;
                // SAFETY: a piece of an expert's rows belongs to this thread.
                let out = unsafe { space.inner.get_mut(at..at + products.len()) };
                swiglu(&gates[i * count + row - first..][..products.len()], products, out);
            });
            Ok(())
        };
        let round = |place: usize| {
            // SAFETY: nobody writes inner numbers any more.
            let row = unsafe { space.inner.get(place * ffn..(place + 1) * ffn) };
            // SAFETY: a place belongs to one thread.
            check(unsafe { space.inner_inputs.set(place, row, &layer.forms.down) }, "a value inside an expert")
        };
        let at = in_layer(number);
        let items = pieces.len() * grouping.active.len();
        self.share_and_each(items, widen, rows * top, |i| round(i).map_err(&at), || Ok(()))?;

        let pieces = Pieces::new(hidden, hidden, threads, rows);
        let narrow = |piece: usize| {
            let piece = pieces.get(piece);
            let (first, count) = (piece.start, piece.len());
            let Scratch { products: all, sums, .. } = &mut **self.scratch.borrow_mut();
            for (expert, places) in &grouping.active {
                let matrix = &layer.down[*expert];
                let inputs = space.inner_inputs.of(form(matrix.kind()));
                product(matrix, piece.clone(), inputs, &space.rows[places.clone()], &mut |i, row, products| {
                    all[(places.start + i) * count + row - first..][..products.len()].copy_from_slice(products);
                });
            }
            let sums = &mut sums[..count];
            for (row, places) in grouping.places.chunks_exact(top).enumerate() {
                // SAFETY: nobody writes shares in this phase.
                let shares = unsafe { space.shares.get(row * top..(row + 1) * top) };
                sums.fill(0.0);
                for (place, share) in places.iter().zip(shares) {
                    add_scaled(sums, *share, &all[*place as usize * count..][..count]);
                }
                check(are_finite(sums), "what the experts say")?;
                let at = row * hidden + first;
                // SAFETY: the rows of a piece belong to this thread.
                let x = unsafe { x.get_mut(at..at + count) };
                x.iter_mut().zip(&*sums).for_each(|(x, sum)| *x += sum);
            }
            Ok(())
        };
        let head = [form(weights.head().kind())];
        let normalise = |row: usize| match next {
            Some(layer) => {
                self.normalise(x, row, &layer.attention_norm, &layer.forms.qkv).map_err(in_layer(number + 1))
            }
            None => self.normalise(x, row, &weights.norm, &head),
        };
        self.share_and_each(pieces.len(), |i| narrow(i).map_err(&at), rows, normalise, || Ok(()))
    }

    /// The hidden states of some of the wanted rows, after the last norm, by their number among all that are wanted.
    pub fn hidden(&self, rows: Range<usize>, each: impl Fn(usize, &[f32]) -> Done) -> Done {
        let Step { config, space, weights, .. } = self.step;
        let size = config.hidden_size;
        self.worker.share(rows.len(), |i| {
            let row = rows.start + i;
            // SAFETY: nobody writes the residual stream any more.
            let x = unsafe { space.wanted.get(row * size..(row + 1) * size) };
            let mut scratch = self.scratch.borrow_mut();
            let out = &mut scratch.row[..size];
            rms_norm(x, &weights.norm, config.norm_eps, out);
            each(row, out)
        })
    }

    /// Logits of some of the wanted rows, and then something for each of them, by its number among these.
    pub fn logits(&self, rows: Range<usize>, each: impl Fn(usize, &[f32]) -> Done) -> Done {
        let Step { config, space, weights, .. } = self.step;
        let (vocabulary, matrix) = (config.vocab_size, weights.head());
        let pieces = Pieces::new(vocabulary, vocabulary, self.worker.threads(), rows.len());
        let inputs = space.hidden_inputs.of(form(matrix.kind()));
        let write = |piece: usize| {
            multiply(matrix, pieces.get(piece), inputs, &space.rows[rows.clone()], |i, row, products| {
                let at = i * vocabulary + row;
                // SAFETY: the rows of a piece belong to this thread.
                unsafe { space.logits.get_mut(at..at + products.len()) }.copy_from_slice(products);
            })
        };
        self.worker.share(pieces.len(), write)?;
        self.worker.share(rows.len(), |row| {
            // SAFETY: nobody writes logits in this phase.
            each(row, unsafe { space.logits.get(row * vocabulary..(row + 1) * vocabulary) })
        })
    }
}

/// Multiplies, and looks whether the products are numbers: what reads them next might hide that they are not.
fn multiply(
    matrix: &PackedMatrix,
    rows: Range<usize>,
    inputs: &crate::cpu::product::Activations,
    tokens: &[u32],
    mut put: impl FnMut(usize, usize, &[f32]),
) -> Done {
    let mut is_finite = true;
    product(matrix, rows, inputs, tokens, &mut |i, row, products| {
        is_finite &= are_finite(products);
        put(i, row, products);
    });
    check(is_finite, "a matrix's product")
}
