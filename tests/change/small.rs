//! Sets so small that all of their requests can be listed, and edits of them.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::generate::{Request, Set};
use serde_json::{Value as Json, json};

/// The attributes that sets are made of; each set has four of them, and one that it derives.
const ATTRIBUTES: [&str; 7] =
    ["a.count", "a.flag", "a.level", "a.other", "a.tags", "a.text", "a.word"];

#[derive(Clone)]
pub struct SmallSet {
    pub set: Set,
}

impl SmallSet {
    pub fn new(dice: &mut Dice) -> Self {
        let mut names = ATTRIBUTES.to_vec();
        while names.len() > 4 {
            names.remove(dice.roll(names.len()));
        }
        let mut attributes: BTreeMap<String, Json> = BTreeMap::new();
        for name in &names {
            let mut declaration = match *name {
                "a.flag" => json!({ "type": "bool" }),
                "a.count" => json!({ "type": "integer" }),
                "a.level" => json!({ "type": "enum", "order": ["low", "mid", "high"] }),
                "a.text" => json!({ "type": "string" }),
                "a.tags" => json!({ "type": "set", "values": ["p", "q"] }),
                _ => json!({ "type": "enum", "values": ["x", "y"] }),
            };
            if dice.chance(12) && *name != "a.tags" && *name != "a.text" {
                declaration["absent"] = values(name, &declaration)[0].clone();
            }
            attributes.insert((*name).to_owned(), declaration);
        }
        let mut set = Set {
            vocabulary: json!({ "vocabulary": "small", "obligations": {
            "log": {},
            "limit": { "parameters": { "minutes": { "type": "integer", "merge": "least" } } },
            "mark": { "parameters": { "words": { "type": "set", "merge": "union" } } },
            "wipe": {} } }),
            policies: vec![],
        };
        set.vocabulary["attributes"] = json!(attributes);
        let derive = decision_list(&set, dice);
        set.vocabulary["attributes"]["d.good"] =
            json!({ "type": "bool", "better": true, "derive": derive });
        for number in 0..1 + dice.roll(2) {
            let mut policy = json!({ "policy": format!("p{}", number + 1), "owner": "owner" });
            if dice.chance(30) {
                policy["governs"] = condition(&set, dice, 1);
            }
            let count = 1 + dice.roll(4);
            let rules: Vec<Json> =
                (0..count).map(|place| rule(&set, dice, &format!("r{place}"))).collect();
            policy["rules"] = json!(rules);
            set.policies.push(policy);
        }
        Self { set }
    }

    /// The set, edited: one edit, or a few.
    pub fn edited(&self, dice: &mut Dice) -> Self {
        let mut set = self.set.clone();
        for _ in 0..1 + dice.roll(2) {
            edit(&mut set, dice);
        }
        Self { set }
    }

    /// Every request: each attribute missing, no value, or each of the values that the set tells apart.
    pub fn requests(&self) -> Vec<Request> {
        self.requests_with(self)
    }

    /// Every request that two sets tell apart.
    pub fn requests_with(&self, other: &Self) -> Vec<Request> {
        let mut all = vec![BTreeMap::new()];
        let mut declared: BTreeMap<&String, Vec<&Json>> = BTreeMap::new();
        for (name, declaration) in self.set.declarations().chain(other.set.declarations()) {
            if declaration.get("derive").is_none() {
                declared.entry(name).or_default().push(declaration);
            }
        }
        for (name, declarations) in declared {
            let mut options = vec![None];
            for declaration in declarations {
                options.extend(values(name, declaration).into_iter().map(Some));
                if declaration.get("absent").is_some() {
                    options.push(Some(json!({ "no": "value" })));
                }
            }
            options.sort_by_key(|option| format!("{option:?}"));
            options.dedup();
            all = all
                .into_iter()
                .flat_map(|request: BTreeMap<String, Json>| {
                    let with = options.iter().map(move |option| {
                        let mut request = request.clone();
                        request.extend(option.clone().map(|value| (name.clone(), value)));
                        request
                    });
                    with.collect::<Vec<_>>()
                })
                .collect();
        }
        all.into_iter().map(|values| Request { values, can: None }).collect()
    }

    /// Whether a test can state it.
    pub fn is_valid(&self, request: &Request) -> bool {
        request.values.values().all(|value| !value.is_object())
    }
}

/// The values of an attribute that sets tell apart.
pub fn values(name: &str, declaration: &Json) -> Vec<Json> {
    match declaration["type"].as_str().unwrap() {
        "bool" => vec![json!(true), json!(false)],
        "integer" => (-1..=5).map(|number| json!(number)).collect(),
        "string" => ["k", "x", "y", "z", "some other"].map(|text| json!(text)).to_vec(),
        "set" => {
            let words = declaration["values"].as_array().unwrap();
            let subsets = 0..1_usize << words.len();
            let has = |subset: usize| {
                let chosen =
                    words.iter().enumerate().filter(move |(place, _)| subset >> place & 1 == 1);
                chosen.map(|(_, word)| word.clone()).collect::<Json>()
            };
            subsets.map(has).collect()
        }
        _ if name == "a.level" => declaration["order"].as_array().unwrap().clone(),
        _ => declaration["values"].as_array().unwrap().clone(),
    }
}

fn stated(set: &Set) -> Vec<(String, Json)> {
    let stated = set.declarations().filter(|(_, declaration)| declaration.get("derive").is_none());
    stated.map(|(name, declaration)| (name.clone(), declaration.clone())).collect()
}

fn decision_list(set: &Set, dice: &mut Dice) -> Json {
    json!([{ "value": true, "when": condition_on(&stated(set), dice, 1) }, { "value": false }])
}

fn condition(set: &Set, dice: &mut Dice, depth: usize) -> Json {
    let mut attributes = stated(set);
    attributes.extend(
        set.declarations()
            .filter(|(_, declaration)| declaration.get("derive").is_some())
            .map(|(name, declaration)| (name.clone(), declaration.clone())),
    );
    condition_on(&attributes, dice, depth)
}

fn condition_on(attributes: &[(String, Json)], dice: &mut Dice, depth: usize) -> Json {
    let mut parts = serde_json::Map::new();
    for _ in 0..1 + dice.roll(2) {
        let (name, declaration) = dice.pick(attributes);
        parts.insert(name.clone(), constraint(&name, &declaration, attributes, dice));
    }
    if depth > 0 && dice.chance(30) {
        let alternatives: Vec<Json> =
            (0..2).map(|_| condition_on(attributes, dice, depth - 1)).collect();
        parts.insert("any".to_owned(), json!(alternatives));
    }
    if depth > 0 && dice.chance(12) {
        parts.insert("not".to_owned(), condition_on(attributes, dice, 0));
    }
    Json::Object(parts)
}

fn constraint(
    name: &str,
    declaration: &Json,
    attributes: &[(String, Json)],
    dice: &mut Dice,
) -> Json {
    let has = |other: &str| attributes.iter().any(|(name, _)| name == other);
    let bound = |dice: &mut Dice| dice.pick(&["at_least", "at_most", "above", "below"]);
    match name {
        "d.good" | "a.flag" => json!(dice.chance(60)),
        "a.count" if dice.chance(70) => json!({ bound(dice): 1 + dice.roll(3) }),
        "a.count" => json!(dice.roll(4)),
        "a.level" if dice.chance(50) => {
            json!({ bound(dice): dice.pick(&values(name, declaration)) })
        }
        "a.tags" => match dice.roll(5) {
            0 => json!({ "empty": dice.chance(50) }),
            1 => json!({ "contains_all": ["p", "q"] }),
            2 => json!({ "contains_none": ["q"] }),
            _ => json!({ "contains": dice.pick(&["p", "q"]) }),
        },
        "a.text" => match dice.roll(4) {
            0 if has("a.word") => json!({ "same_as": "a.word" }),
            1 => json!({ "not": "k" }),
            _ => json!("k"),
        },
        "a.word" if has("a.other") && dice.chance(20) => json!({ "same_as": "a.other" }),
        _ => {
            let value = dice.pick(&values(name, declaration));
            if dice.chance(20) { json!({ "not": value }) } else { json!([value]) }
        }
    }
}

fn rule(set: &Set, dice: &mut Dice, id: &str) -> Json {
    let effect = dice.pick(&["permit", "permit", "permit", "deny", "deny", "require"]);
    let mut rule =
        json!({ "id": id, "effect": effect, "when": condition(set, dice, 1), "because": "so" });
    if dice.chance(20) {
        rule["unless"] = condition(set, dice, 0);
    }
    if effect != "permit" && dice.chance(25) {
        rule["certain"] = json!(true);
    }
    if effect == "require" && dice.chance(30) {
        rule["on"] = json!(dice.pick(&["deny", "both"]));
    }
    if effect == "require" || dice.chance(40) {
        let has_count = set.declarations().any(|(name, _)| name == "a.count");
        rule["obligations"] = json!([obligation(dice, has_count)]);
    }
    rule
}

fn obligation(dice: &mut Dice, has_count: bool) -> Json {
    match dice.roll(6) {
        0 => json!("wipe"),
        1 | 2 => json!({ "limit": { "minutes": 10 * (1 + dice.roll(3)) } }),
        3 if has_count => json!({ "limit": { "minutes": { "attribute": "a.count" } } }),
        3 | 4 => {
            json!({ "mark": { "words": dice.pick(&[json!(["s"]), json!(["t"]), json!(["s", "t"]), json!([])]) } })
        }
        _ => json!("log"),
    }
}

fn edit(set: &mut Set, dice: &mut Dice) {
    let frozen = set.clone();
    let count = set.policies.len();
    let policy = dice.roll(count);
    let rules = set.policies[policy]["rules"].as_array_mut().unwrap();
    let place = if rules.is_empty() { None } else { Some(dice.roll(rules.len())) };
    match (dice.roll(14), place) {
        (0 | 1, Some(place)) => rules[place]["when"] = condition(&frozen, dice, 1),
        (2, Some(place)) => {
            rules[place]["id"] = json!(format!("renamed{place}"));
        }
        (3, Some(place)) => drop(rules.remove(place)),
        (4, _) => {
            let id = format!("added{}", rules.len());
            let added = rule(&frozen, dice, &id);
            if !rules.iter().any(|rule| rule["id"] == added["id"]) {
                rules.push(added);
            }
        }
        (5, Some(place)) => {
            let id = rules[place]["id"].as_str().unwrap().to_owned();
            rules[place] = rule(&frozen, dice, &id);
        }
        (6, _) => set.policies[policy]["governs"] = condition(&frozen, dice, 1),
        (7, _) => set.vocabulary["attributes"]["d.good"]["derive"] = decision_list(&frozen, dice),
        (8, _) => {
            let (name, declaration) = dice.pick(&stated(&frozen));
            let mut declaration = declaration;
            if name == "a.tags" || name == "a.text" {
                return;
            }
            if declaration.get("absent").is_some() {
                declaration.as_object_mut().unwrap().remove("absent");
            } else {
                declaration["absent"] = dice.pick(&values(&name, &declaration));
            }
            set.vocabulary["attributes"][&name] = declaration;
        }
        // A word more, among the others.
        (9, _) => {
            let attributes = &mut set.vocabulary["attributes"];
            for (name, key, word) in
                [("a.word", "values", "z"), ("a.tags", "values", "r"), ("a.level", "order", "top")]
            {
                let declared = attributes.get_mut(name).and_then(|one| one.get_mut(key));
                let listed = declared.and_then(Json::as_array_mut);
                if let Some(listed) = listed
                    && !listed.contains(&json!(word))
                {
                    let at = dice.roll(listed.len() + 1);
                    listed.insert(at, json!(word));
                }
            }
        }
        (10, Some(place)) => {
            let has_count = frozen.declarations().any(|(name, _)| name == "a.count");
            rules[place]["obligations"] = json!([obligation(dice, has_count)]);
        }
        (11, _) => {
            let parameters = &mut set.vocabulary["obligations"]["limit"]["parameters"];
            parameters["minutes"]["merge"] = json!(dice.pick(&["least", "most"]));
        }
        (12, _) if count > 1 => drop(set.policies.remove(policy)),
        (12, _) => {
            let mut added = json!({ "policy": "p9", "owner": "other" });
            added["governs"] = condition(&frozen, dice, 0);
            added["rules"] = json!([rule(&frozen, dice, "only")]);
            set.policies.push(added);
        }
        // Said otherwise, the same.
        (_, Some(place)) => {
            let when = rules[place]["when"].clone();
            rules[place]["when"] = json!({ "all": [when, {}] });
        }
        _ => {}
    }
}
