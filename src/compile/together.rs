//! Several policy sets, compiled so that their programs share columns: then a request has the same row
//! under each.

use super::buckets::put_into_one_bucket;
use super::columns::{Columns, Questions};
use super::compile::{Purpose, ask, translate};
use crate::model::{AttributeId, Condition, Findings, Limits};
use crate::policy::PolicySet;
use crate::program::Program;

/// Compiles two policy sets that have the same attributes, with the same values, for proofs about both.
/// Of the attributes `by_word`, every word is asked about.
///
/// # Errors
///
/// As [`super::compile`].
pub fn compile_together(
    sets: [&PolicySet; 2],
    by_word: &[AttributeId],
    limits: &Limits,
) -> Result<[Program; 2], Findings> {
    let [old, new] = sets;
    let mut questions = Questions::new(&new.vocabulary);
    by_word.iter().for_each(|attribute| questions.note_each_word(*attribute));
    ask(&mut questions, &sets, &[], Purpose::Prove);
    let columns = questions.columns();
    let compiled = |set: &PolicySet| -> Result<Program, Findings> {
        let columns = columns.of(&set.vocabulary);
        let (mut program, _) = translate(set, &columns, limits, Purpose::Prove)?;
        put_into_one_bucket(&mut program);
        Ok(program)
    };
    Ok([compiled(old)?, compiled(new)?])
}

/// The columns of a policy set and of its variants.
#[derive(Debug)]
pub struct Family<'v> {
    columns: Columns<'v>,
}

impl<'v> Family<'v> {
    /// The columns of a set, and of variants of it in which these conditions stand, too.
    pub fn new(set: &'v PolicySet, conditions: &[&Condition]) -> Self {
        let mut questions = Questions::new(&set.vocabulary);
        ask(&mut questions, &[set], conditions, Purpose::Prove);
        Self { columns: questions.columns() }
    }

    /// Compiles the set, or a variant, for proofs and for deciding a few requests.
    ///
    /// # Errors
    ///
    /// As [`super::compile`].
    pub fn compile(&self, set: &PolicySet, limits: &Limits) -> Result<Program, Findings> {
        let columns = self.columns.of(&set.vocabulary);
        let (mut program, _) = translate(set, &columns, limits, Purpose::Prove)?;
        put_into_one_bucket(&mut program);
        Ok(program)
    }
}
