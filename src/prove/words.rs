//! Texts and open sets: what their columns say of each other, and texts that have the classes found.

use std::collections::BTreeMap;
use std::sync::Arc;

use batsat::Lit;

use super::space::{Asked, FactId, Space, VariableId};
use crate::model::{Kind, Lexicon, Share};
use crate::program::{Class, Question, Relation, YES, class_of_text};

/// What a variable says of texts and sets.
#[derive(Clone, Debug)]
enum Says {
    /// Which of these a text is; the first class is any other.
    Which(FactId, Arc<Lexicon>),
    /// Whether a set has a word.
    Has(FactId, Box<str>),
    /// Whether a set is empty.
    Empty(FactId),
    /// Whether two texts are the same.
    Same(FactId, FactId),
    /// Whether a set has the text that another fact is: the text first.
    In(FactId, FactId),
    /// Whether a set has so many words of another.
    HasOf(Share, FactId, FactId),
}

fn says(space: &Space, asked: Asked) -> Option<Says> {
    let right = asked.right;
    Some(match space.question(asked)? {
        Question::Text(texts) => Says::Which(asked.left, Arc::clone(texts)),
        Question::Has(word) => Says::Has(asked.left, word.clone()),
        Question::Empty => Says::Empty(asked.left),
        Question::Relates(relation, _) => match relation {
            Relation::Same if matches!(space.kind(asked.left), Some(Kind::String)) => {
                Says::Same(asked.left, right?)
            }
            Relation::In => Says::In(asked.left, right?),
            Relation::HasWord => Says::In(right?, asked.left),
            Relation::Has(share) => Says::HasOf(*share, asked.left, right?),
            Relation::Same | Relation::Compares(_) => return None,
        },
        _ => return None,
    })
}

impl Says {
    fn facts(&self) -> Vec<FactId> {
        match self {
            Self::Which(fact, _) | Self::Has(fact, _) | Self::Empty(fact) => vec![*fact],
            Self::Same(one, other) | Self::In(one, other) | Self::HasOf(_, one, other) => {
                vec![*one, *other]
            }
        }
    }
}

/// Lets the variables that were added since last time say of each other what follows.
pub(super) fn relate(space: &mut Space) {
    let old = space.variables().nth(space.related).map(|(id, _)| id);
    let Some(old) = old else { return };
    space.related = space.variables().count();
    let all: Vec<(VariableId, Says)> = space
        .variables()
        .filter_map(|(id, variable)| Some((id, says(space, variable.asked)?)))
        .collect();
    let mut about: BTreeMap<FactId, Vec<(VariableId, &Says)>> = BTreeMap::new();
    for (id, says) in &all {
        for fact in says.facts() {
            about.entry(fact).or_default().push((*id, says));
        }
    }
    for (id, one) in &all {
        if let Says::Empty(set) = one {
            some_word(space, *id, *set, about.get(set).map(Vec::as_slice).unwrap_or_default());
        }
        if matches!(one, Says::Which(..) | Says::Has(..)) {
            continue;
        }
        let mut near: Vec<(VariableId, &Says)> =
            one.facts().iter().filter_map(|fact| about.get(fact)).flatten().copied().collect();
        near.sort_by_key(|(id, _)| *id);
        near.dedup_by_key(|(id, _)| *id);
        near.retain(|(other, _)| other != id);
        for (place, (other, two)) in near.iter().enumerate() {
            if *id >= old || *other >= old {
                relate_two(space, (*id, one), (*other, two));
            }
            for (third, three) in near.iter().skip(place + 1) {
                if *id >= old || *other >= old || *third >= old {
                    relate_three(space, [(*id, one), (*other, two), (*third, three)]);
                    relate_three(space, [(*id, one), (*third, three), (*other, two)]);
                }
            }
        }
    }
}

/// A set of listed words that is not empty has one of them, if each is asked for.
fn some_word(space: &mut Space, empty: VariableId, set: FactId, about: &[(VariableId, &Says)]) {
    let Some(Kind::Set(Some(listed))) = space.kind(set) else { return };
    let mut each = Vec::with_capacity(listed.len());
    for word in listed {
        let asks =
            |says: &Says| matches!(says, Says::Has(of, known) if *of == set && known == word);
        let Some((has, _)) = about.iter().find(|(_, says)| asks(says)) else { return };
        each.push(*has);
    }
    let mut one_of = vec![!no(space, empty)];
    for has in each {
        one_of.push(yes(space, has));
    }
    space.circuit.require(one_of);
}

fn yes(space: &mut Space, id: VariableId) -> Lit {
    space.has_class(id, YES)
}

fn no(space: &mut Space, id: VariableId) -> Lit {
    space.has_class(id, crate::program::NO)
}

fn relate_two(
    space: &mut Space,
    (id, one): (VariableId, &Says),
    (other, two): (VariableId, &Says),
) {
    match (one, two) {
        (Says::Empty(set), Says::Has(of, _)) if set == of => {
            let (empty, has) = (yes(space, id), yes(space, other));
            space.circuit.require([!empty, !has]);
        }
        (Says::Empty(set), Says::In(_, of)) if set == of => {
            let (empty, has) = (yes(space, id), yes(space, other));
            space.circuit.require([!empty, !has]);
        }
        (Says::Empty(set), Says::HasOf(Share::Any, left, right)) if set == left || set == right => {
            let (empty, has) = (yes(space, id), yes(space, other));
            space.circuit.require([!empty, !has]);
        }
        (Says::Empty(set), Says::HasOf(Share::All, _, right)) if set == right => {
            let (empty, lacks) = (yes(space, id), no(space, other));
            space.circuit.require([!empty, !lacks]);
        }
        // A set of listed words has no others.
        (Says::HasOf(Share::All, left, right), Says::Has(of, word)) if right == of => {
            if let Some(Kind::Set(Some(listed))) = space.kind(*left)
                && !listed.contains(word)
            {
                let (all, has) = (yes(space, id), yes(space, other));
                space.circuit.require([!all, !has]);
            }
        }
        _ => {}
    }
}

fn relate_three(space: &mut Space, three: [(VariableId, &Says); 3]) {
    match three {
        // Two texts that are the same are the same text, and two that are not are not.
        [(same, Says::Same(a, b)), (left, Says::Which(x, xs)), (right, Says::Which(y, ys))]
            if a == x && b == y =>
        {
            let (same, differ) = (yes(space, same), no(space, same));
            for (class, text) in listed(xs) {
                let is = space.has_class(left, class);
                let other = space.has_class(right, class_of_text(ys, text));
                space.circuit.require([!same, !is, other]);
                if ys.binary_search(text).is_ok() {
                    space.circuit.require([!differ, !is, !other]);
                }
            }
            for (class, text) in listed(ys) {
                let is = space.has_class(right, class);
                let other = space.has_class(left, class_of_text(xs, text));
                space.circuit.require([!same, !is, other]);
            }
        }
        // A text is in a set exactly if the set has that word.
        [(inside, Says::In(a, set)), (which, Says::Which(x, xs)), (has, Says::Has(of, word))]
            if a == x && set == of =>
        {
            if let Ok(place) = xs.binary_search(word) {
                let is = space.has_class(which, crate::program::nth_class(place + 1));
                let (inside, outside) = (yes(space, inside), no(space, inside));
                let (has, lacks) = (yes(space, has), no(space, has));
                space.circuit.require([!is, !inside, has]);
                space.circuit.require([!is, !outside, lacks]);
            }
        }
        // Of two texts that are the same, both are in a set or neither.
        [(same, Says::Same(a, b)), (one, Says::In(x, s)), (two, Says::In(y, t))]
            if a == x && b == y && s == t =>
        {
            let same = yes(space, same);
            let (one, two) = (yes(space, one), yes(space, two));
            space.circuit.require([!same, !one, two]);
            space.circuit.require([!same, one, !two]);
        }
        [(ab, Says::Same(a, b)), (bc, Says::Same(x, c)), (ac, Says::Same(y, z))]
            if b == x && a == y && c == z =>
        {
            let (ab, bc, ac) = (yes(space, ab), yes(space, bc), yes(space, ac));
            space.circuit.require([!ab, !bc, ac]);
            space.circuit.require([!ab, !ac, bc]);
            space.circuit.require([!ac, !bc, ab]);
        }
        // A set that has all the words of another has each of them; one that has none has not.
        [(all, Says::HasOf(share, l, r)), (ours, Says::Has(x, w)), (theirs, Says::Has(y, v))]
            if l == x && r == y && w == v =>
        {
            let (ours, theirs) = (yes(space, ours), yes(space, theirs));
            let lacks = no(space, all);
            let all = yes(space, all);
            match share {
                Share::All => space.circuit.require([!all, !theirs, ours]),
                Share::Any => space.circuit.require([!lacks, !theirs, !ours]),
            }
        }
        _ => {}
    }
}

fn listed(texts: &[Box<str>]) -> impl Iterator<Item = (Class, &Box<str>)> {
    texts.iter().enumerate().map(|(place, text)| (crate::program::nth_class(place + 1), text))
}

type Texts = BTreeMap<FactId, Box<str>>;
type Sets = BTreeMap<FactId, Vec<Box<str>>>;

/// Texts and sets of words for the facts that are known, with the classes that were found, as far as
/// there are such.
pub(super) fn texts(space: &Space) -> (Texts, Sets) {
    let (mut texts, mut sets) = (Texts::new(), Sets::new());
    for (id, fact) in space.facts().filter(|(_, fact)| space.circuit.holds(fact.known)) {
        let attribute = &space.program.vocabulary[fact.attribute];
        match (&attribute.kind, &fact.pinned) {
            (Kind::String, Some(crate::model::Value::Text(text))) => {
                texts.insert(id, text.clone());
            }
            (Kind::Set(_), Some(crate::model::Value::Set(words))) => {
                sets.insert(id, words.clone());
            }
            (Kind::String, _) => {
                let other = if id == Space::first(fact.attribute) { "some" } else { "another" };
                texts.insert(id, format!("{other}-{}", attribute.name).into());
            }
            (Kind::Set(_), _) => {
                sets.insert(id, Vec::new());
            }
            _ => {}
        }
    }
    let said: Vec<(Class, Says)> = space
        .variables()
        .filter_map(|(id, variable)| Some((space.class(id), says(space, variable.asked)?)))
        .collect();
    for (class, says) in &said {
        match says {
            Says::Which(fact, listed) => {
                let place = usize::from(*class).checked_sub(2);
                if let Some(text) = place.and_then(|place| listed.get(place)) {
                    texts.insert(*fact, text.clone());
                }
            }
            Says::Has(set, word) if *class == YES => {
                sets.entry(*set).or_default().push(word.clone());
            }
            _ => {}
        }
    }
    join_same(&said, &mut texts);
    fill(space, &said, &texts, &mut sets);
    sets.retain(|set, words| match space.kind(*set) {
        Some(Kind::Set(Some(listed))) => words.iter().all(|word| listed.contains(word)),
        _ => true,
    });
    (texts, sets)
}

/// Gives texts that must be the same the same text: a listed one, if one of them is.
fn join_same(said: &[(Class, Says)], texts: &mut Texts) {
    let made_up = |text: &str| text.starts_with("some-") || text.starts_with("another-");
    for _ in 0..texts.len() {
        for (class, says) in said {
            let Says::Same(left, right) = says else { continue };
            if *class != YES {
                continue;
            }
            let both = (texts.get(left).cloned(), texts.get(right).cloned());
            let (Some(ours), Some(theirs)) = both else { continue };
            if made_up(&ours) {
                texts.insert(*left, theirs);
            } else if made_up(&theirs) {
                texts.insert(*right, ours);
            }
        }
    }
}

/// Gives sets the words that they must have.
fn fill(space: &Space, said: &[(Class, Says)], texts: &Texts, sets: &mut Sets) {
    for (class, says) in said {
        if let Says::In(text, set) = says
            && *class == YES
        {
            let word = texts.get(text).cloned().or_else(|| listed_word(space, *text));
            sets.entry(*set).or_default().extend(word);
        }
    }
    for _ in 0..sets.len() {
        for (class, says) in said {
            match says {
                Says::HasOf(Share::All, left, right) if *class == YES => {
                    let theirs = sets.get(right).cloned().unwrap_or_default();
                    let ours = sets.entry(*left).or_default();
                    ours.extend(theirs);
                    ours.sort();
                    ours.dedup();
                }
                Says::HasOf(Share::Any, left, right) if *class == YES => {
                    let theirs = sets.get(right).cloned().unwrap_or_default();
                    let ours = sets.get(left).cloned().unwrap_or_default();
                    if !theirs.iter().any(|word| ours.contains(word)) {
                        let word = theirs.first().or(ours.first()).cloned();
                        let word = word.unwrap_or_else(|| "some-word".into());
                        sets.entry(*left).or_default().push(word.clone());
                        sets.entry(*right).or_default().push(word);
                    }
                }
                Says::HasOf(Share::All, left, right) if *class == crate::program::NO => {
                    let ours = sets.get(left).cloned().unwrap_or_default();
                    let theirs = sets.entry(*right).or_default();
                    if theirs.iter().all(|word| ours.contains(word)) {
                        theirs.push("another-word".into());
                    }
                }
                Says::Empty(set) if *class == crate::program::NO => {
                    let unasked = unasked_word(space, said, *set);
                    let words = sets.entry(*set).or_default();
                    if words.is_empty() {
                        words.push(unasked);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A word that a set may have without saying more.
fn unasked_word(space: &Space, said: &[(Class, Says)], set: FactId) -> Box<str> {
    let asked = |word: &str| {
        said.iter()
            .any(|(_, says)| matches!(says, Says::Has(of, known) if *of == set && **known == *word))
    };
    match space.kind(set) {
        Some(Kind::Set(Some(listed))) => listed.iter().find(|word| !asked(word)).cloned(),
        _ => None,
    }
    .unwrap_or_else(|| "some-word".into())
}

/// The listed word that a fact is.
fn listed_word(space: &Space, fact: FactId) -> Option<Box<str>> {
    let Some(Kind::Enum(words)) = space.kind(fact) else { return None };
    space.variables().find_map(|(id, variable)| {
        let is_word = matches!(space.question(variable.asked)?, Question::Word(_));
        let place = usize::from(space.class(id)).checked_sub(1)?;
        (is_word && variable.asked.left == fact).then(|| words.list().get(place).cloned())?
    })
}
