//! Which levers there are, and which columns each may move.

use crate::model::{AttributeId, Better, RemedyBy};
use crate::program::{
    Class, Column, ColumnId, Lever, Levers, Movers, NO, Program, Question, Step, Target, YES,
};

/// The levers of a program whose steps are known.
pub(super) fn levers(program: &Program) -> Levers {
    let vocabulary = &program.vocabulary;
    let lever = |attribute: AttributeId| {
        let terms = vocabulary[attribute].remedy.as_ref();
        let by = terms.map(|terms| terms.by).filter(|by| *by != RemedyBy::Nobody)?;
        let targets =
            if vocabulary[attribute].hidden { vec![] } else { targets(program, attribute) };
        (!targets.is_empty()).then_some(Lever { attribute, by, targets })
    };
    let mut list: Vec<Lever> = vocabulary.attribute_ids().filter_map(lever).collect();
    list.sort_by_key(|lever| lever.by);
    let of_column = movers(program, &list);
    Levers { list, of_column }
}

fn targets(program: &Program, attribute: AttributeId) -> Vec<Target> {
    let better = program.vocabulary[attribute].better;
    let columns = (0..).map(ColumnId).zip(&program.columns);
    let mut targets = Vec::new();
    for (id, column) in columns.filter(|(_, column)| column.attribute == attribute) {
        let classes = (1..column.classes()).filter_map(|class| Class::try_from(class).ok());
        let reached = classes.filter(|class| is_reached(column, *class, better));
        targets.extend(reached.map(|class| Target { column: id, class }));
    }
    if better == Some(Better::Lesser) {
        targets.reverse();
    }
    targets
}

/// Whether some value of a class is a way forward.
fn is_reached(column: &Column, class: Class, better: Option<Better>) -> bool {
    match &column.question {
        // Of two truth values the worse is none, even from what is unknown.
        Question::Bool => match better {
            Some(Better::Greater) => class == YES,
            Some(Better::Lesser) => class == NO,
            None => true,
        },
        // Any other text is nothing that could be told to anybody.
        Question::Text(_) => class > 1,
        Question::Word(_) | Question::Rank(_) | Question::FromNow(_) => true,
        Question::Has(_) | Question::Empty | Question::Relates(..) => false,
    }
}

fn movers(program: &Program, list: &[Lever]) -> Vec<Movers> {
    let mut movers = vec![Movers::default(); program.columns.len()];
    let own = |attribute: AttributeId| {
        let levers = list.iter().enumerate();
        levers.filter(move |(_, lever)| lever.attribute == attribute).map(|(place, _)| place)
    };
    for (found, column) in movers.iter_mut().zip(&program.columns) {
        found.add(own(column.attribute));
    }
    // What a column is filled from comes before it.
    for step in &program.steps {
        let (filled, read) = match step {
            Step::Column(id) => (*id, related(program, *id)),
            Step::Derive(place) => {
                let Some(derivation) = program.derivations.get(*place) else { continue };
                (derivation.column, derivation.table.columns().collect())
            }
        };
        let read = read.iter().filter_map(|column| movers.get(column.index()));
        let levers: Vec<usize> = read.flat_map(|found| &found.levers).copied().collect();
        let time = program.vocabulary.time();
        let others = match program.columns.get(filled.index()).map(|column| &column.question) {
            Some(Question::Relates(_, other)) => Some(*other),
            Some(Question::FromNow(_)) => time,
            _ => None,
        };
        if let Some(found) = movers.get_mut(filled.index()) {
            found.add(levers.into_iter().chain(others.into_iter().flat_map(own)));
        }
    }
    movers
}

/// The columns of the derived attributes that a column relates.
fn related(program: &Program, id: ColumnId) -> Vec<ColumnId> {
    let Some(column) = program.columns.get(id.index()) else { return Vec::new() };
    let Question::Relates(_, other) = column.question else { return Vec::new() };
    let derivations = program.derivations.iter();
    let related = derivations.filter(|one| [column.attribute, other].contains(&one.attribute));
    related.map(|derivation| derivation.column).collect()
}
