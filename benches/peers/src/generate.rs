//! Workloads, made from seeds.

use fastrand::Rng;

use crate::hand;
use crate::neutral::{
    ACTION, ATTRIBUTES, CLASSIFICATION, DAYS, Domain, ENCRYPTED, FACTORS, LOCKED, MALWARE, MINUTE,
    OBLIGATIONS, OWNER, PATH, POSTURE, ROLE, Request, Rule, SENSITIVE, TAMPERED, Test, VETTING,
    Workload, ZONE, number,
};

/// The shapes that a policy can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// The 22 rules that are written out in `hand.rs`.
    Hand,
    /// The ten denies of `hand.rs`, then so many rules for each of so many owners.
    Owned { owners: usize, each: usize },
    /// The same, and so many denies that cut across owners.
    Crossed { owners: usize, each: usize, across: usize },
    /// No owners: each of so many rules tests 3 to 6 other attributes.
    Crosscut(usize),
    /// Each of so many rules tests every attribute.
    Adversarial(usize),
}

/// Every workload: its name, and its shape.
pub const WORKLOADS: [(&str, Shape); 11] = [
    ("owned-22", Shape::Hand),
    ("owned-100", Shape::Owned { owners: 9, each: 10 }),
    ("owned-1000", Shape::Owned { owners: 45, each: 22 }),
    ("owned-10000", Shape::Owned { owners: 405, each: 25 }),
    ("organisations", Shape::Crossed { owners: 588, each: 20, across: 100 }),
    ("crosscut-22", Shape::Crosscut(22)),
    ("crosscut-100", Shape::Crosscut(100)),
    ("crosscut-1000", Shape::Crosscut(1_000)),
    ("crosscut-10000", Shape::Crosscut(10_000)),
    ("adversarial-100", Shape::Adversarial(100)),
    ("adversarial-1000", Shape::Adversarial(1_000)),
];

/// Makes a workload with so many requests of either kind.
pub fn workload(name: &str, shape: Shape, requests: usize) -> Workload {
    // The seed depends on the name alone: a workload is the same whatever else is measured.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut maker = Maker { rng: Rng::with_seed(seed) };
    let owners = match shape {
        Shape::Hand => hand::OWNERS.len(),
        Shape::Owned { owners, .. } | Shape::Crossed { owners, .. } => owners,
        Shape::Crosscut(_) | Shape::Adversarial(_) => 40,
    };
    let rules = match shape {
        Shape::Hand => hand::rules(),
        Shape::Owned { owners, each } => maker.owned(owners, each),
        Shape::Crossed { owners, each, across } => {
            let mut rules = maker.owned(owners, each);
            rules.extend((0..across).map(|_| maker.across(owners)));
            rules
        }
        Shape::Crosscut(count) => (0..count).map(|_| maker.crosscut()).collect(),
        Shape::Adversarial(count) => (0..count).map(|_| maker.adversarial(owners)).collect(),
    };
    let named = |owner: usize| match shape {
        Shape::Hand => hand::OWNERS[owner].to_owned(),
        _ => format!("organisation-{owner:03}"),
    };
    let mut owners: Vec<String> = (0..owners).map(named).collect();
    owners.push("a-stranger".to_owned());
    let mut workload =
        Workload { name: name.to_owned(), owners, rules, realistic: vec![], uniform: vec![] };
    workload.realistic = (0..requests).map(|at| maker.realistic(&workload, at)).collect();
    workload.uniform = (0..requests).map(|_| maker.uniform(&workload)).collect();
    workload
}

struct Maker {
    rng: Rng,
}

/// How often rules test an attribute, in per cent; never the owner.
const TESTED: [(usize, u8); 15] = [
    (ACTION, 90),
    (CLASSIFICATION, 70),
    (POSTURE, 50),
    (ZONE, 20),
    (ROLE, 30),
    (VETTING, 10),
    (PATH, 20),
    (DAYS, 25),
    (FACTORS, 25),
    (MINUTE, 10),
    (SENSITIVE, 20),
    (ENCRYPTED, 15),
    (LOCKED, 10),
    (TAMPERED, 5),
    (MALWARE, 10),
];

/// The edges that policies draw, as people do: round ones.
const DAYS_EDGES: [i64; 6] = [3, 7, 14, 30, 60, 90];
const HOURS_EDGES: [(i64, i64); 5] = [(7, 19), (8, 18), (6, 22), (9, 17), (0, 12)];

impl Maker {
    fn owned(&mut self, owners: usize, each: usize) -> Vec<Rule> {
        let mut rules = hand::baseline();
        for owner in 0..owners {
            rules.extend((0..each).map(|_| self.of_owner(owner)));
        }
        rules
    }

    fn of_owner(&mut self, owner: usize) -> Rule {
        let permits = self.chance(80);
        let mut when = vec![];
        // A rule that tests one thing only would swallow all others.
        while when.len() < 2 {
            when.clear();
            for (attribute, often) in TESTED {
                if self.chance(often) {
                    when.push((attribute, self.test(attribute, permits)));
                }
            }
        }
        Rule { permits, owner: Some(owner), obligations: self.obligations(permits), when }
    }

    /// A deny that speaks of every owner, or of a few.
    fn across(&mut self, owners: usize) -> Rule {
        let mut rule = self.crosscut_of(false);
        if self.chance(50) {
            let mut few: Vec<i64> =
                (0..self.rng.usize(2..=5)).map(|_| number(self.rng.usize(..owners))).collect();
            few.sort_unstable();
            few.dedup();
            rule.when.insert(0, (OWNER, Test::OneOf(few)));
        }
        rule
    }

    fn crosscut(&mut self) -> Rule {
        let permits = !self.chance(12);
        self.crosscut_of(permits)
    }

    fn crosscut_of(&mut self, permits: bool) -> Rule {
        let count = if permits { self.rng.usize(3..=6) } else { self.rng.usize(5..=6) };
        let mut attributes: Vec<usize> = TESTED.iter().map(|(attribute, _)| *attribute).collect();
        self.rng.shuffle(&mut attributes);
        attributes.truncate(count);
        attributes.sort_unstable();
        let when = attributes.into_iter().map(|at| (at, self.test(at, permits))).collect();
        Rule { permits, owner: None, when, obligations: self.obligations(permits) }
    }

    fn adversarial(&mut self, owners: usize) -> Rule {
        let permits = !self.chance(12);
        let mut when = vec![];
        for (attribute, (_, domain)) in ATTRIBUTES.iter().enumerate() {
            let test = match domain {
                Domain::Number(_) | Domain::Flag => self.test(attribute, permits),
                Domain::Owner | Domain::Words(_) => {
                    let all = domain.size(owners);
                    let some = all - self.rng.usize(..=all / 3);
                    self.subset(all, some)
                }
            };
            when.push((attribute, test));
        }
        Rule { permits, owner: None, when, obligations: self.obligations(permits) }
    }

    /// What a rule asks of an attribute. Permits ask for what is sound, denies for what is not.
    fn test(&mut self, attribute: usize, permits: bool) -> Test {
        match attribute {
            DAYS => {
                let edge = self.one_of(&DAYS_EDGES);
                if permits { Test::AtMost(edge) } else { Test::AtLeast(edge + 1) }
            }
            FACTORS if permits => Test::AtLeast(self.rng.i64(1..=3).max(2)),
            FACTORS => Test::AtMost(1),
            MINUTE => {
                let (from, to) = self.one_of(&HOURS_EDGES);
                if permits {
                    Test::Between(from * 60, to * 60 - 1)
                } else {
                    Test::AtLeast(to.max(18) * 60)
                }
            }
            SENSITIVE => Test::OneOf(vec![i64::from(!permits)]),
            ENCRYPTED | LOCKED | MALWARE => Test::OneOf(vec![i64::from(permits)]),
            TAMPERED => Test::OneOf(vec![i64::from(!permits)]),
            CLASSIFICATION => {
                let some = self.rng.usize(1..=4);
                if permits {
                    // From the lower end.
                    let from = self.rng.usize(..=3);
                    Test::OneOf((from..(from + some).min(7)).map(number).collect())
                } else {
                    Test::OneOf((7 - some.min(3)..7).map(number).collect())
                }
            }
            POSTURE if permits => Test::OneOf((self.rng.i64(1..=3)..4).collect()),
            POSTURE => Test::OneOf((0..self.rng.i64(1..=2)).collect()),
            VETTING => Test::OneOf(vec![i64::from(permits)]),
            _ => {
                let all = ATTRIBUTES[attribute].1.size(0);
                let some = self.rng.usize(1..=all.min(4).max(all / 2).min(all - 1));
                self.subset(all, some)
            }
        }
    }

    fn subset(&mut self, all: usize, some: usize) -> Test {
        let mut places: Vec<usize> = (0..all).collect();
        self.rng.shuffle(&mut places);
        places.truncate(some);
        places.sort_unstable();
        Test::OneOf(places.into_iter().map(number).collect())
    }

    /// Every third permit brings one or two.
    fn obligations(&mut self, permits: bool) -> Vec<usize> {
        if !permits || !self.chance(30) {
            return vec![];
        }
        let first = self.rng.usize(..OBLIGATIONS.len());
        let second = self.rng.usize(..OBLIGATIONS.len());
        if first == second { vec![first] } else { vec![first.min(second), first.max(second)] }
    }

    /// A request as a gateway meets it. Of a hundred, 68 are aimed at a permit and get one, 9 lack a
    /// factor for it, 8 meet a deny, and 15 are whatever comes.
    fn realistic(&mut self, workload: &Workload, at: usize) -> Request {
        let wanted = at * 37 % 100;
        // A set may have no such request, or hide it: then whatever comes, after a fair search.
        for _ in 0..100 {
            let mut request = self.sound(workload);
            if wanted >= 85 {
                return request;
            }
            self.aim(&mut request, workload, wanted < 77);
            let verdict = workload.oracle(&request);
            let fits = match wanted {
                0..68 => verdict.permit,
                68..77 => {
                    request[FACTORS] = 1;
                    let refused = !workload.oracle(&request).permit;
                    verdict.permit && refused
                }
                _ => !verdict.permit && !verdict.rules.is_empty(),
            };
            if fits {
                return request;
            }
        }
        self.sound(workload)
    }

    /// Sets what some rule asks for.
    fn aim(&mut self, request: &mut Request, workload: &Workload, permits: bool) {
        let rule = loop {
            let rule = &workload.rules[self.rng.usize(..workload.rules.len())];
            if rule.permits == permits {
                break rule;
            }
        };
        if let Some(owner) = rule.owner {
            request[OWNER] = number(owner);
        }
        for (attribute, test) in &rule.when {
            let most = ATTRIBUTES[*attribute].1.size(workload.owners.len()) - 1;
            request[*attribute] = match test {
                Test::OneOf(values) => self.one_of(values),
                Test::AtLeast(least) => self.rng.i64(*least..=number(most)),
                Test::AtMost(most) => self.rng.i64(0..=*most),
                Test::Between(least, most) => self.rng.i64(*least..=*most),
            };
        }
    }

    /// The request of a device in good order, mostly.
    fn sound(&mut self, workload: &Workload) -> Request {
        let mut request = self.uniform(workload);
        request[CLASSIFICATION] = self.weighted(&[5, 10, 10, 60, 7, 6, 2]);
        request[ACTION] = self.weighted(&[45, 20, 5, 8, 5, 5, 1, 2, 4, 3, 2]);
        request[POSTURE] = self.weighted(&[8, 12, 25, 55]);
        request[ZONE] = self.weighted(&[20, 60, 20]);
        request[VETTING] = self.weighted(&[5, 95]);
        request[PATH] = self.weighted(&[50, 40, 10]);
        request[DAYS] = if self.chance(80) { self.rng.i64(0..=3) } else { self.rng.i64(0..=40) };
        request[FACTORS] = self.weighted(&[0, 20, 55, 25]);
        request[MINUTE] = self.rng.i64(8 * 60..18 * 60);
        request[SENSITIVE] = self.weighted(&[75, 25]);
        request[ENCRYPTED] = self.weighted(&[4, 96]);
        request[LOCKED] = self.weighted(&[4, 96]);
        request[TAMPERED] = self.weighted(&[99, 1]);
        request[MALWARE] = self.weighted(&[6, 94]);
        request
    }

    fn uniform(&mut self, workload: &Workload) -> Request {
        std::array::from_fn(|attribute| {
            number(self.rng.usize(..ATTRIBUTES[attribute].1.size(workload.owners.len())))
        })
    }

    fn chance(&mut self, per_cent: u8) -> bool {
        self.rng.u8(..100) < per_cent
    }

    fn one_of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.rng.usize(..list.len())].clone()
    }

    /// A place, as likely as its weight of a hundred.
    fn weighted(&mut self, weights: &[u8]) -> i64 {
        let mut left = self.rng.u8(..100);
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return number(place);
            }
            left -= weight;
        }
        0
    }
}
