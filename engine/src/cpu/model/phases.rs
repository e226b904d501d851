//! A step's phases. All threads run them together; each takes whole items of a phase, and all meet at its end.
//!
//! With few tokens, what is done token by token is left to the thread that arrives last, while the others wait: five joins a
//! layer. With many it is a phase of its own.

#![expect(unsafe_code, reason = "threads that write disjoint rows between joins")]

use std::ops::Range;
use std::sync::PoisonError;

use super::grouping::{Grouping, choose};
use super::joined::Caches;
use super::step::{Done, Pieces, Rows, Step, Thread, check, in_layer};
use super::weights::{Layer, Matrix, Weights};
use super::workspace::Scratch;
use crate::cpu::attention::{self, Heads};
use crate::cpu::cache::{Pages, Stored};
use crate::cpu::memory::Buffer;
use crate::cpu::product::{Form, product};
use crate::ops::{add_scaled, apply_rope, are_finite, can_normalise, rms_norm, swiglu};

/// Up to so many tokens, one thread does alone what is done token by token.
const FEW: usize = 4;

impl Thread<'_, '_> {
    /// The whole step up to the last norm. Afterwards the rows that the plan wants are ready for the output matrix.
    pub fn body(&self) -> Done {
        let tokens = self.step.plan.tokens.len();
        self.worker
            .share(tokens, |token| {
                self.embed(token);
                self.attention_input(&self.step.space.x, token, &self.weights(token).layers[0])
            })
            .map_err(in_layer(0))?;
        (0..self.step.config.layers).try_for_each(|number| self.layer(number))
    }

    /// The embedding and the angles of a token.
    fn embed(&self, token: usize) {
        let Step { plan, space, config, parts, owners, .. } = self.step;
        let (hidden, embedding) = (config.hidden_size, &self.weights(token).embedding);
        // SAFETY: a token belongs to one thread.
        let x = unsafe { space.x.get_mut(token * hidden..(token + 1) * hidden) };
        embedding.base.row(plan.tokens[token] as usize, x);
        if let Some(pair) = &embedding.pair {
            // A token's row of B, and so many rows of A.
            let Scratch { row, low, .. } = &mut **self.scratch.borrow_mut();
            let shares = &mut low.out[..pair.rank()];
            pair.b.row(plan.tokens[token] as usize, shares);
            for (number, share) in shares.iter().enumerate() {
                pair.a.row(number, &mut row[..hidden]);
                add_scaled(x, share * pair.scale, &row[..hidden]);
            }
        }
        let dim = config.head_dim;
        // SAFETY: the same.
        let (cosines, sines) = unsafe { space.angles.get_mut(token * dim..(token + 1) * dim) }.split_at_mut(dim / 2);
        let pairs = cosines.iter_mut().zip(sines);
        for ((cosine, sine), (cos, sin)) in pairs.zip(parts[owners[token]].rope.turn(plan.positions[token])) {
            (*cosine, *sine) = (cos, sin);
        }
    }

    /// Makes a row of the residual stream the input of queries, keys and values.
    fn attention_input(&self, x: &Buffer<f32>, row: usize, layer: &Layer) -> Done {
        let pairs = layer.qkv.iter().enumerate().map(|(part, matrix)| (matrix, 3 * row + part));
        self.normalise(x, row, &layer.attention_norm, &layer.forms.qkv, pairs)
    }

    /// Makes a row of the residual stream the input of the products that follow, and of the pairs beside their matrices.
    fn normalise<'m>(
        &self,
        x: &Buffer<f32>,
        row: usize,
        norm: &[f32],
        forms: &[Form],
        pairs: impl IntoIterator<Item = (&'m Matrix, usize)>,
    ) -> Done {
        let hidden = norm.len();
        let Scratch { row: out, low, .. } = &mut **self.scratch.borrow_mut();
        // SAFETY: the row belongs to this thread, and nobody writes it meanwhile.
        let x = unsafe { x.get(row * hidden..(row + 1) * hidden) };
        check(can_normalise(x, hidden), "the input of a norm")?;
        let out = &mut out[..hidden];
        rms_norm(x, norm, self.step.config.norm_eps, out);
        // SAFETY: the row belongs to this thread.
        check(unsafe { self.step.space.hidden_inputs.set(row, out, forms) }, "a matrix's input")?;
        self.shrink(out, low, pairs)
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
        let Step { config, space, plan, .. } = self.step;
        match self.step.caches {
            Caches::F16(pages) => self.attention(number, pages)?,
            Caches::F32(pages) => self.attention(number, pages)?,
            Caches::Q8_0(pages) => self.attention(number, pages)?,
        }
        // After the last attention, only the rows that are asked for matter.
        let (rows, x) = match number + 1 < config.layers {
            true => (&space.rows[..plan.tokens.len()], &space.x),
            false if plan.outputs.is_empty() => return Ok(()),
            false => (plan.outputs.as_slice(), &space.wanted),
        };
        self.output(number, rows, x)?;
        self.experts(number, rows, x)
    }

    /// Queries, keys and values; keys and values into the cache; attention; its results as the input of what follows.
    fn attention<T: Stored>(&self, number: usize, pages: &[&Pages<T>]) -> Done {
        let Step { config, space, plan, tasks, owners, sequences, .. } = self.step;
        let tokens = plan.tokens.len();
        let heads = Heads { query: config.heads, kv: config.kv_heads, dim: config.head_dim };
        let (q, kv) = (heads.query * heads.dim, heads.kv * heads.dim);
        let (width, all) = (q + 2 * kv, &space.rows[..tokens]);
        let pieces = [q, kv, kv].map(|rows| Pieces::new(rows, width, self.worker.threads(), tokens));
        let starts = [0, q, q + kv];
        let items = pieces.iter().map(|pieces| pieces.len()).sum();
        let multiply = |mut item: usize| {
            let mut part = 0;
            while item >= pieces[part].len() {
                item -= pieces[part].len();
                part += 1;
            }
            let start = starts[part];
            let rows = Rows { inputs: all, low: &space.thirds[part][..tokens], owner: &|token| owners[token] };
            let (piece, matrix) = (pieces[part].get(item), pick(|weights| &weights.layers[number].qkv[part]));
            let mut is_finite = true;
            let write = &mut |adds: bool, token: usize, row: usize, products: &[f32]| {
                is_finite &= are_finite(products);
                let at = token * width + start + row;
                // SAFETY: the rows of a piece belong to this thread.
                put(adds, unsafe { space.qkv.get_mut(at..at + products.len()) }, products);
            };
            self.multiply(rows, &piece, &space.hidden_inputs, matrix, write);
            // What reads them next might hide that they were not.
            check(is_finite, "a matrix's product")
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
            let fits = unsafe { pages[owners[token]].write(number, plan.slots[token] as usize, keys, values) };
            check(fits, "a key or a value")
        };
        let at = in_layer(number);
        self.share_and_each(items, |i| multiply(i).map_err(&at), tokens, |i| store(i).map_err(&at), || Ok(()))?;

        let attention = attention::Layer {
            heads,
            pages,
            owners: sequences,
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
            let layer = &self.weights(token).layers[number];
            // SAFETY: a token belongs to one thread.
            check(unsafe { space.attended_inputs.set(token, row, &layer.forms.output) }, "a matrix's input")?;
            self.shrink(row, &mut self.scratch.borrow_mut().low, [(&layer.output, token)])
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
        let Step { config, space, owners, .. } = self.step;
        let hidden = config.hidden_size;
        let pieces = Pieces::new(hidden, hidden, self.worker.threads(), rows.len());
        let is_all = std::ptr::eq(to, &space.x);
        let multiply = |piece: usize| {
            let all = Rows { inputs: rows, low: rows, owner: &|i| owners[rows[i] as usize] };
            let mut is_finite = true;
            let write = &mut |adds: bool, i: usize, row: usize, products: &[f32]| {
                is_finite &= are_finite(products);
                let (at, from) = (i * hidden + row, rows[i] as usize * hidden + row);
                // SAFETY: the rows of a piece belong to this thread.
                let out = unsafe { to.get_mut(at..at + products.len()) };
                if !is_all && !adds {
                    // SAFETY: another buffer, which nobody writes meanwhile.
                    out.copy_from_slice(unsafe { space.x.get(from..from + products.len()) });
                }
                put(true, out, products);
            };
            let matrix = pick(|weights| &weights.layers[number].output);
            self.multiply(all, &pieces.get(piece), &space.attended_inputs, matrix, write);
            check(is_finite, "a matrix's product")
        };
        let (experts, top) = (config.num_experts, config.experts_per_token);
        let route = |row: usize| {
            let layer = &self.weights(rows[row] as usize).layers[number];
            self.normalise(to, row, &layer.expert_norm, &layer.forms.experts, [])?;
            let Scratch { router, order, row: x, low, .. } = &mut **self.scratch.borrow_mut();
            let (x, inputs) = (&x[..hidden], space.hidden_inputs.of(layer.router.form()));
            product(&layer.router.base, 0..experts, inputs, &[row as u32], &mut |_, first, products| {
                router[first..first + products.len()].copy_from_slice(products);
            });
            // Of a row's own places for pairs the first, until its experts are known.
            let place = 2 * row * top;
            self.shrink(x, low, [(&layer.router, place)])?;
            if let Some(pair) = &layer.router.pair {
                product(&pair.b, 0..experts, space.low(pair.rank()), &[place as u32], &mut |_, first, products| {
                    put(true, &mut router[first..first + products.len()], products);
                });
            }
            check(are_finite(router), "what the router says")?;
            // SAFETY: a row belongs to one thread.
            let chosen = unsafe { space.chosen.get_mut(row * top..(row + 1) * top) };
            // SAFETY: the same.
            choose(router, order, chosen, unsafe { space.shares.get_mut(row * top..(row + 1) * top) });
            let of_expert = |(i, expert): (usize, &u32)| {
                let (expert, place) = (*expert as usize, place + 2 * i);
                [(&layer.gate[expert], place), (&layer.up[expert], place + 1)]
            };
            self.shrink(x, low, chosen.iter().enumerate().flat_map(of_expert))
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
    fn experts(&self, number: usize, rows: &[u32], x: &Buffer<f32>) -> Done {
        let Step { config, space, owners, .. } = self.step;
        let (hidden, ffn, top) = (config.hidden_size, config.intermediate_size, config.experts_per_token);
        let grouping = space.grouping.read().unwrap_or_else(PoisonError::into_inner);
        let threads = self.worker.threads();
        let token = |place: usize| rows[grouping.tokens[place] as usize] as usize;
        let pieces = Pieces::new(ffn, ffn * grouping.active.len(), threads, rows.len());
        let widen = |item: usize| {
            let (expert, places) = &grouping.active[item / pieces.len()];
            let owner = &|i: usize| owners[token(places.start + i)];
            self.widen(&grouping, (number, *expert), &pieces.get(item % pieces.len()), places, owner);
            Ok(())
        };
        let round = |place: usize| {
            // SAFETY: nobody writes inner numbers any more.
            let row = unsafe { space.inner.get(place * ffn..(place + 1) * ffn) };
            let layer = &self.weights(token(place)).layers[number];
            // SAFETY: a place belongs to one thread.
            check(unsafe { space.inner_inputs.set(place, row, &layer.forms.down) }, "a value inside an expert")?;
            if !self.step.has_pairs {
                return Ok(());
            }
            let of_place = |(_, places): &&(usize, Range<usize>)| places.contains(&place);
            let expert = grouping.active.iter().find(of_place).map_or(0, |(expert, _)| *expert);
            self.shrink(row, &mut self.scratch.borrow_mut().low, [(&layer.down[expert], place)])
        };
        let at = in_layer(number);
        let (items, count) = (pieces.len() * grouping.active.len(), rows.len());
        self.share_and_each(items, widen, count * top, |i| round(i).map_err(&at), || Ok(()))?;

        let pieces = Pieces::new(hidden, hidden, threads, count);
        let narrow = |piece: usize| {
            let piece = pieces.get(piece);
            let (first, count) = (piece.start, piece.len());
            let Scratch { products: all, sums, .. } = &mut **self.scratch.borrow_mut();
            for (expert, places) in &grouping.active {
                let inputs = &space.rows[places.clone()];
                let rows = Rows { inputs, low: inputs, owner: &|i| owners[token(places.start + i)] };
                let matrix = pick(|weights| &weights.layers[number].down[*expert]);
                self.multiply(rows, &piece, &space.inner_inputs, matrix, &mut |adds, i, row, products| {
                    put(adds, &mut all[(places.start + i) * count + row - first..][..products.len()], products);
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
        let normalise = |row: usize| {
            let weights = self.weights(rows[row] as usize);
            match weights.layers.get(number + 1) {
                Some(layer) => self.attention_input(x, row, layer).map_err(in_layer(number + 1)),
                None => self.normalise(x, row, &weights.norm, &weights.head_form, [(weights.head(), row)]),
            }
        };
        self.share_and_each(pieces.len(), |i| narrow(i).map_err(&at), count, normalise, || Ok(()))
    }

    /// A piece of an expert's inner numbers for its places.
    fn widen(
        &self,
        grouping: &Grouping,
        (number, expert): (usize, usize),
        piece: &Range<usize>,
        places: &Range<usize>,
        owner: &dyn Fn(usize) -> usize,
    ) {
        let Step { config, space, .. } = self.step;
        let ffn = config.intermediate_size;
        let inputs = &grouping.tokens[places.clone()];
        let (first, count) = (piece.start, piece.len());
        let Scratch { products: gates, sums, .. } = &mut **self.scratch.borrow_mut();
        let rows = Rows { inputs, low: &grouping.gates[places.clone()], owner };
        let gate = pick(|weights| &weights.layers[number].gate[expert]);
        self.multiply(rows, piece, &space.hidden_inputs, gate, &mut |adds, i, row, products| {
            put(adds, &mut gates[i * count + row - first..][..products.len()], products);
        });
        let inner = |i: usize, row: usize, len: usize| {
            let at = (places.start + i) * ffn + row;
            // SAFETY: a piece of an expert's rows belongs to this thread.
            unsafe { space.inner.get_mut(at..at + len) }
        };
        let has_pairs = self.step.has_pairs;
        let rows = Rows { low: &grouping.ups[places.clone()], ..rows };
        let up = pick(|weights| &weights.layers[number].up[expert]);
        self.multiply(rows, piece, &space.hidden_inputs, up, &mut |adds, i, row, products| {
            let out = inner(i, row, products.len());
            match has_pairs {
                true => put(adds, out, products),
                false => swiglu(&gates[i * count + row - first..][..products.len()], products, out),
            }
        });
        if has_pairs {
            for (i, gates) in gates.chunks_exact(count).enumerate().take(inputs.len()) {
                let out = inner(i, first, count);
                let ups = &mut sums[..count];
                ups.copy_from_slice(out);
                swiglu(gates, ups, out);
            }
        }
    }

    /// The hidden states of some of the wanted rows, after the last norm, by their number among all that are wanted.
    pub fn hidden(&self, rows: Range<usize>, each: impl Fn(usize, &[f32]) -> Done) -> Done {
        let Step { config, space, plan, .. } = self.step;
        let size = config.hidden_size;
        self.worker.share(rows.len(), |i| {
            let row = rows.start + i;
            // SAFETY: nobody writes the residual stream any more.
            let x = unsafe { space.wanted.get(row * size..(row + 1) * size) };
            let mut scratch = self.scratch.borrow_mut();
            let out = &mut scratch.row[..size];
            let weights = self.weights(plan.outputs[row] as usize);
            rms_norm(x, &weights.norm, config.norm_eps, out);
            each(row, out)
        })
    }

    /// Logits of some of the wanted rows, and then something for each of them, by its number among these.
    pub fn logits(&self, rows: Range<usize>, each: impl Fn(usize, &[f32]) -> Done) -> Done {
        let Step { config, space, plan, owners, .. } = self.step;
        let vocabulary = config.vocab_size;
        let pieces = Pieces::new(vocabulary, vocabulary, self.worker.threads(), rows.len());
        let write = |piece: usize| {
            let places = &space.rows[rows.clone()];
            let owner = &|i: usize| owners[plan.outputs[rows.start + i] as usize];
            let all = Rows { inputs: places, low: places, owner };
            let mut is_finite = true;
            let write = &mut |adds: bool, i: usize, row: usize, products: &[f32]| {
                is_finite &= are_finite(products);
                let at = i * vocabulary + row;
                // SAFETY: the rows of a piece belong to this thread.
                put(adds, unsafe { space.logits.get_mut(at..at + products.len()) }, products);
            };
            self.multiply(all, &pieces.get(piece), &space.hidden_inputs, Weights::head, write);
            check(is_finite, "a matrix's product")
        };
        self.worker.share(pieces.len(), write)?;
        self.worker.share(rows.len(), |row| {
            // SAFETY: nobody writes logits in this phase.
            each(row, unsafe { space.logits.get(row * vocabulary..(row + 1) * vocabulary) })
        })
    }
}

/// Puts products into their place, or adds them to what is there.
fn put(adds: bool, out: &mut [f32], products: &[f32]) {
    if adds {
        out.iter_mut().zip(products).for_each(|(out, product)| *out += product);
    } else {
        out.copy_from_slice(products);
    }
}

/// A closure that finds a matrix, with the lifetimes that it has.
fn pick<F: Fn(&Weights) -> &Matrix>(find: F) -> F {
    find
}
