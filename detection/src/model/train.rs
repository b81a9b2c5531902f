//! The trainer: boosting on the logistic loss with exact splits over presorted columns.
//!
//! The recipe of the benchmark: start at log-odds 0; split where `GL²/(HL+λ) + GR²/(HR+λ) − G²/(H+λ)` is greatest
//! (Chen and Guestrin, 2016); thresholds half-way between neighbours. Every value is a candidate, because coarse bins
//! miss sharp edges. Promises: deterministic, ties go to the first feature and the lowest threshold.

use super::calibration::logistic;
use super::file::short;
use super::{ModelError, Recipe, Samples, Tree};

/// Told after every tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    pub trees_done: usize,
    pub trees: usize,
    /// Mean logistic loss on the training rows.
    pub loss: f64,
}

/// A column with more than one value, lowest first.
struct Sorted {
    feature: usize,
    rows: Vec<u32>,
    values: Vec<f64>,
}

#[derive(Clone, Copy)]
struct RowState {
    gradient: f32,
    hessian: f32,
    /// Which of the level's open nodes it is in.
    slot: u32,
}

const CLOSED: u32 = u32::MAX;

#[derive(Clone, Copy, Default)]
struct Sum {
    gradient: f64,
    hessian: f64,
}

impl Sum {
    fn score(self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + lambda)
    }

    fn minus(self, other: Sum) -> Sum {
        Sum { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }
}

/// An open node of the level that is being grown.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    total: Sum,
    score: f64,
    best: Option<Best>,
}

#[derive(Clone, Copy)]
struct Best {
    gain: f64,
    feature: usize,
    threshold: f64,
    left: Sum,
}

/// The scan of one column, per open node.
#[derive(Clone, Copy)]
struct Scan {
    left: Sum,
    last: f64,
}

/// Grows the recipe's trees; fewer if nothing is left to split.
///
/// # Errors
/// A recipe out of range, or samples without both kinds.
pub fn train(samples: &Samples, recipe: &Recipe, progress: &mut dyn FnMut(Progress)) -> Result<Vec<Tree>, ModelError> {
    recipe.check()?;
    let frauds = samples.frauds();
    if frauds == 0 || frauds == samples.len() {
        return Err(ModelError::OneKindOnly);
    }
    let rows = u32::try_from(samples.len()).map_err(|_| ModelError::TooLarge)?;
    let columns = presort(samples, rows);
    let mut trainer = Trainer {
        samples,
        recipe,
        columns,
        states: vec![RowState { gradient: 0.0, hessian: 0.0, slot: 0 }; samples.len()],
        nodes: vec![0; samples.len()],
        log_odds: vec![0.0; samples.len()],
    };
    let mut trees = Vec::with_capacity(recipe.trees);
    for done in 1..=recipe.trees {
        trainer.differentiate();
        let tree = trainer.grow();
        if tree.len() == 1 {
            break;
        }
        let loss = trainer.add(&tree);
        trees.push(tree);
        progress(Progress { trees_done: done, trees: recipe.trees, loss });
    }
    if trees.is_empty() { Err(ModelError::NothingToLearn) } else { Ok(trees) }
}

fn presort(samples: &Samples, rows: u32) -> Vec<Sorted> {
    let mut columns = Vec::new();
    for (feature, column) in samples.columns().iter().enumerate() {
        let mut order: Vec<u32> = (0..rows).collect();
        order.sort_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]));
        let values: Vec<f64> = order.iter().map(|row| column[*row as usize]).collect();
        if values.first() != values.last() {
            columns.push(Sorted { feature, rows: order, values });
        }
    }
    columns
}

struct Trainer<'a> {
    samples: &'a Samples,
    recipe: &'a Recipe,
    columns: Vec<Sorted>,
    states: Vec<RowState>,
    /// Node of the growing tree that each row is in.
    nodes: Vec<u32>,
    log_odds: Vec<f64>,
}

impl Trainer<'_> {
    fn differentiate(&mut self) {
        for ((state, log_odds), fraud) in self.states.iter_mut().zip(&self.log_odds).zip(self.samples.fraud()) {
            let p = logistic(*log_odds);
            state.gradient = (p - f64::from(u8::from(*fraud))) as f32;
            state.hessian = (p * (1.0 - p)).max(1e-16) as f32;
            state.slot = 0;
        }
        self.nodes.fill(0);
    }

    fn grow(&mut self) -> Tree {
        let mut tree = Tree::default();
        let mut total = Sum::default();
        for state in &self.states {
            total.gradient += f64::from(state.gradient);
            total.hessian += f64::from(state.hessian);
        }
        let root = tree.push_leaf(u32::try_from(self.states.len()).unwrap_or(u32::MAX));
        let mut totals = vec![total];
        let mut open = vec![self.open(root, total)];
        for _ in 0..self.recipe.depth {
            self.search(&mut open);
            open = self.split(&mut tree, &open, &mut totals);
            if open.is_empty() {
                break;
            }
        }
        for (node, total) in totals.iter().enumerate() {
            let leaf = -total.gradient / (total.hessian + self.recipe.lambda) * self.recipe.rate;
            tree.value[node] = if leaf.is_finite() { short(leaf) } else { 0.0 };
        }
        average(&mut tree);
        tree
    }

    fn open(&self, node: usize, total: Sum) -> Open {
        Open { node, total, score: total.score(self.recipe.lambda), best: None }
    }

    /// Finds every open node's best split.
    fn search(&self, open: &mut [Open]) {
        let (lambda, min_hessian) = (self.recipe.lambda, self.recipe.min_hessian);
        let fresh = Scan { left: Sum::default(), last: f64::NAN };
        let mut scans = vec![fresh; open.len()];
        for column in &self.columns {
            scans.fill(fresh);
            for (row, value) in column.rows.iter().zip(&column.values) {
                let state = self.states[*row as usize];
                let Some(scan) = scans.get_mut(state.slot as usize) else { continue };
                // Not for the first row, which compares with NaN.
                if *value > scan.last && scan.left.hessian >= min_hessian {
                    let node = &mut open[state.slot as usize];
                    let right = node.total.minus(scan.left);
                    if right.hessian >= min_hessian {
                        let gain = scan.left.score(lambda) + right.score(lambda) - node.score;
                        let least = node.best.map_or(self.recipe.min_gain.max(1e-9), |best| best.gain);
                        if gain > least {
                            let threshold = between(scan.last, *value);
                            node.best = Some(Best { gain, feature: column.feature, threshold, left: scan.left });
                        }
                    }
                }
                scan.last = *value;
                scan.left.gradient += f64::from(state.gradient);
                scan.left.hessian += f64::from(state.hessian);
            }
        }
    }

    /// Splits the open nodes that found a split and answers the nodes to go on with.
    fn split(&mut self, tree: &mut Tree, open: &[Open], totals: &mut Vec<Sum>) -> Vec<Open> {
        let mut next = Vec::with_capacity(2 * open.len());
        // First new slot of each node that splits.
        let mut slots = vec![CLOSED; open.len()];
        for (slot, node) in open.iter().enumerate() {
            let Some(best) = node.best else { continue };
            let (below, from) = (tree.push_leaf(0), tree.push_leaf(0));
            tree.feature[node.node] = u16::try_from(best.feature).ok();
            tree.threshold[node.node] = best.threshold;
            tree.child[node.node] = u32::try_from(below).unwrap_or(0);
            slots[slot] = u32::try_from(next.len()).unwrap_or(CLOSED);
            let right = node.total.minus(best.left);
            totals.extend([best.left, right]);
            next.extend([self.open(below, best.left), self.open(from, right)]);
        }
        for (row, state) in self.states.iter_mut().enumerate() {
            let Some(node) = open.get(state.slot as usize) else { continue };
            let (Some(best), slot) = (node.best, slots[state.slot as usize]) else {
                state.slot = CLOSED;
                continue;
            };
            let above = self.samples.columns()[best.feature][row] >= best.threshold;
            state.slot = slot + u32::from(above);
            let child = tree.child[node.node] + u32::from(above);
            tree.rows[child as usize] += 1;
            self.nodes[row] = child;
        }
        next
    }

    /// Adds the tree's leaves to the rows that came to them and answers the mean loss.
    fn add(&mut self, tree: &Tree) -> f64 {
        let mut loss = 0.0;
        for ((log_odds, node), fraud) in self.log_odds.iter_mut().zip(&self.nodes).zip(self.samples.fraud()) {
            *log_odds += tree.value[*node as usize];
            let toward = if *fraud { *log_odds } else { -*log_odds };
            loss += (-toward).max(0.0) + (-toward.abs()).exp().ln_1p();
        }
        loss / self.samples.len() as f64
    }
}

/// Half-way, shortened as long as it still parts the two.
fn between(low: f64, high: f64) -> f64 {
    let middle = short(low + (high - low) / 2.0);
    if low < middle && middle <= high { middle } else { high }
}

/// Inner nodes say the mean of what is behind them. Children stand behind their parents.
fn average(tree: &mut Tree) {
    for node in (0..tree.len()).rev() {
        if tree.feature[node].is_some() {
            let child = tree.child[node] as usize;
            let (a, b) = (f64::from(tree.rows[child]), f64::from(tree.rows[child + 1]));
            let mean = (tree.value[child] * a + tree.value[child + 1] * b) / (a + b).max(1.0);
            tree.value[node] = short(mean);
        }
    }
}
