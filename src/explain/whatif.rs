//! The same request with one value changed.

use crate::decide::{Request, decide};
use crate::model::{Kind, Reason, Value};
use crate::program::{Class, ColumnId, Program, Question, UNKNOWN, YES};

/// Whether the policies permit a request, whatever the gateway can carry out.
pub(super) fn is_permitted(request: &Request) -> bool {
    matches!(decide(request).reason(), Reason::Permitted | Reason::Unenforceable)
}

/// Changes a request so that a column that asks of one attribute has this class; `false`, and no
/// change, where there is no telling how.
pub(super) fn change(request: &mut Request, column: ColumnId, class: Class) -> bool {
    let program = std::sync::Arc::clone(request.program());
    let Some(attribute) = program.columns.get(column.index()).map(|column| column.attribute) else {
        return false;
    };
    if class == UNKNOWN {
        request.forget(attribute);
        return true;
    }
    let value = value_of(&program, request, column, class);
    if let Some(value) = &value {
        request.assume(attribute, value);
    }
    value.is_some()
}

/// A value of a class.
fn value_of(program: &Program, request: &Request, column: ColumnId, class: Class) -> Option<Value> {
    let column = program.columns.get(column.index())?;
    let kind = &program.vocabulary[column.attribute].kind;
    let place = usize::from(class).checked_sub(1)?;
    Some(match &column.question {
        Question::Bool => Value::Bool(class == YES),
        Question::Word(_) => kind.value_of_rank(i128::try_from(place).ok()?)?,
        Question::Text(texts) => match place.checked_sub(1) {
            Some(listed) => Value::Text(texts.get(listed)?.clone()),
            None => {
                let taken = |text: &str| texts.iter().any(|known| **known == *text);
                let other = (0..=texts.len()).map(|count| format!("another-{count}"));
                Value::Text(other.into_iter().find(|text| !taken(text))?.into())
            }
        },
        Question::Rank(cuts) => kind.value_of_rank(rank_in(cuts, place)?)?,
        Question::FromNow(cuts) => {
            let now = request.rank(program.vocabulary.time()?)?;
            Kind::Instant.value_of_rank(now + rank_in(cuts, place)?)?
        }
        Question::Has(word) => {
            let mut words = words_of(request.value_of(column.attribute));
            words.retain(|other| other != word);
            words.extend((class == YES).then(|| word.clone()));
            Value::Set(words)
        }
        Question::Empty if class == YES => Value::Set(Vec::new()),
        Question::Empty | Question::Relates(..) => return None,
    })
}

fn words_of(value: Option<Value>) -> Vec<Box<str>> {
    if let Some(Value::Set(words)) = value { words } else { Vec::new() }
}

/// A rank of a class, by its place among them.
fn rank_in(cuts: &[i128], place: usize) -> Option<i128> {
    let lowest = place.checked_sub(1).and_then(|at| cuts.get(at)).copied();
    lowest.or_else(|| cuts.get(place).map(|cut| cut - 1))
}
