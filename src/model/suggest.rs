//! The nearest of the words there are.

/// "did you mean", or else the words there are.
pub fn suggest<'w>(word: &str, words: impl Iterator<Item = &'w str> + Clone) -> String {
    let distance =
        |candidate: &str| strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase());
    let nearest = words.clone().map(|candidate| (distance(candidate), candidate)).min();
    let close_enough = (word.chars().count() / 3).max(1);
    match nearest {
        Some((distance, candidate)) if distance <= close_enough => {
            format!("did you mean `{candidate}`?")
        }
        _ => {
            let count = words.clone().count();
            let some: Vec<String> = words.take(12).map(|word| format!("`{word}`")).collect();
            let more = if count > 12 { format!(" and {} more", count - 12) } else { String::new() };
            format!("it is one of {}{more}", some.join(", "))
        }
    }
}
