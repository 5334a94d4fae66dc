//! The 22 rules of `hand.rs` as a person would write them into a program: types for the words, and a
//! chain of `if`. It stands for what no engine reaches: the policy is compiled by the compiler.

use Action::{
    Administer, Approve, Continue, Download, Edit, Forward, Print, Publish, Share, Sync, View,
};
use Classification::{
    Confidential, Official, Protect, Restricted, Secret, TopSecret, Unclassified,
};
use Path::{Internet, WalledGarden};
use Posture::{Containerised, Managed, ThinClient, Unmanaged};
use Role::{
    Auditor, BenefitsAssessor, Councillor, HousingOfficer, Officer, RecordsManager, SocialWorker,
};
use Zone::{Corporate, InternetFacing, PsnWalledGarden};

use crate::neutral::{self, FLAGS, NUMBERS, WORDS};

macro_rules! words {
    ($name:ident: $($word:ident),*) => {
        #[derive(Clone, Copy, PartialEq)]
        #[allow(dead_code, clippy::enum_variant_names, reason = "some words are told apart by no rule; they are the domain's")]
        enum $name { $($word),* }
        impl $name {
            fn at(place: i64) -> Self {
                [$($name::$word),*][usize::try_from(place).unwrap()]
            }
        }
    };
}

words!(Owner: Council, Housing, HealthPartners, WorkAndPensions, Stranger);
words!(Classification: Unclassified, Protect, Restricted, Official, Confidential, Secret, TopSecret);
words!(Action: View, Edit, Sync, Download, Print, Share, Forward, Publish, Approve, Administer, Continue);
words!(Posture: Unmanaged, ThinClient, Containerised, Managed);
words!(Zone: InternetFacing, Corporate, PsnWalledGarden);
words!(Role: Officer, Councillor, SocialWorker, BenefitsAssessor, HousingOfficer, Registrar, Planner, Auditor,
    RecordsManager, Contractor, ServiceDesk, Administrator);
words!(Vetting: Pending, Passed);
words!(Path: Internet, CorporatePath, WalledGarden);

/// A request in the program's own types.
#[derive(Clone, Copy)]
pub struct Known {
    owner: Owner,
    classification: Classification,
    action: Action,
    posture: Posture,
    zone: Zone,
    role: Role,
    vetting: Vetting,
    path: Path,
    days: u16,
    factors: u8,
    minute: u16,
    sensitive: bool,
    encrypted: bool,
    locked: bool,
    tampered: bool,
    malware_protection: bool,
}

impl Known {
    pub fn of(request: &neutral::Request) -> Self {
        let [owner, classification, action, posture, zone, role, vetting, path, numbers @ ..] =
            *request;
        const _: () = assert!(WORDS == 8 && NUMBERS == 3 && FLAGS == 5);
        let [days, factors, minute, sensitive, encrypted, locked, tampered, malware] = numbers;
        Self {
            owner: Owner::at(owner),
            classification: Classification::at(classification),
            action: Action::at(action),
            posture: Posture::at(posture),
            zone: Zone::at(zone),
            role: Role::at(role),
            vetting: Vetting::at(vetting),
            path: Path::at(path),
            days: u16::try_from(days).unwrap(),
            factors: u8::try_from(factors).unwrap(),
            minute: u16::try_from(minute).unwrap(),
            sensitive: sensitive != 0,
            encrypted: encrypted != 0,
            locked: locked != 0,
            tampered: tampered != 0,
            malware_protection: malware != 0,
        }
    }
}

/// Whether it is a permit, and by which rule: the first that decides.
#[inline]
pub fn decide(r: &Known) -> (bool, Option<usize>) {
    if let Some(rule) = baseline(r) {
        return (false, Some(rule));
    }
    let (permit, rule) = match r.owner {
        Owner::Council => council(r),
        Owner::Housing => housing(r),
        Owner::HealthPartners => health_partners(r),
        Owner::WorkAndPensions => work_and_pensions(r),
        Owner::Stranger => (false, None),
    };
    (permit, rule)
}

fn baseline(r: &Known) -> Option<usize> {
    use Vetting::Pending;
    if r.tampered {
        Some(0)
    } else if matches!(r.classification, Confidential | Secret | TopSecret) && !r.encrypted {
        Some(1)
    } else if matches!(r.action, Edit | Sync | Download | Print) && r.days >= 31 {
        Some(2)
    } else if r.posture == Unmanaged
        && matches!(r.action, Sync | Download | Print | Share | Forward | Administer)
    {
        Some(3)
    } else if r.classification == TopSecret && r.path == Internet {
        Some(4)
    } else if r.vetting == Pending
        && matches!(r.classification, Restricted | Confidential | Secret | TopSecret)
    {
        Some(5)
    } else if r.action == Forward && r.sensitive {
        Some(6)
    } else if r.zone == PsnWalledGarden
        && r.path == Internet
        && matches!(r.posture, Unmanaged | ThinClient)
    {
        Some(7)
    } else if matches!(r.action, Edit | Publish | Administer) && !r.malware_protection {
        Some(8)
    } else if r.posture == Containerised && !r.locked {
        Some(9)
    } else {
        None
    }
}

fn council(r: &Known) -> (bool, Option<usize>) {
    if r.action == Sync && r.minute >= 22 * 60 {
        return (false, Some(13));
    }
    let everyday = matches!(r.classification, Unclassified | Protect | Official);
    let work = matches!(r.action, View | Edit | Sync | Download | Print | Approve | Continue);
    if everyday && work && r.posture == Managed {
        (true, Some(10))
    } else if everyday
        && matches!(r.action, View | Continue)
        && matches!(r.posture, ThinClient | Containerised)
        && r.factors >= 2
    {
        (true, Some(11))
    } else if r.classification == Unclassified
        && r.action == Publish
        && matches!(r.role, Councillor | RecordsManager)
    {
        (true, Some(12))
    } else {
        (false, None)
    }
}

fn housing(r: &Known) -> (bool, Option<usize>) {
    if matches!(r.action, View | Edit | Continue) && matches!(r.role, HousingOfficer | Auditor) {
        (true, Some(14))
    } else if r.action == View
        && matches!(r.classification, Unclassified | Protect | Restricted | Official)
        && !r.sensitive
        && r.factors >= 2
    {
        (true, Some(15))
    } else {
        (false, None)
    }
}

fn health_partners(r: &Known) -> (bool, Option<usize>) {
    if r.path == Internet && r.sensitive {
        (false, Some(18))
    } else if matches!(r.action, View | Edit)
        && matches!(r.posture, Containerised | Managed)
        && matches!(r.role, Officer | SocialWorker)
        && r.factors >= 2
        && r.encrypted
    {
        (true, Some(16))
    } else if r.action == Continue && r.days <= 7 && (7 * 60..20 * 60).contains(&r.minute) {
        (true, Some(17))
    } else {
        (false, None)
    }
}

fn work_and_pensions(r: &Known) -> (bool, Option<usize>) {
    if matches!(r.action, Share | Forward | Publish) {
        (false, Some(21))
    } else if matches!(r.classification, Restricted | Official)
        && matches!(r.action, View | Edit)
        && r.posture == Managed
        && r.zone == PsnWalledGarden
        && matches!(r.role, BenefitsAssessor | Auditor)
        && r.vetting == Vetting::Passed
        && r.path == WalledGarden
    {
        (true, Some(19))
    } else if matches!(r.classification, Unclassified | Protect | Official)
        && r.action == View
        && matches!(r.zone, InternetFacing | Corporate)
        && r.days <= 14
        && r.factors >= 3
    {
        (true, Some(20))
    } else {
        (false, None)
    }
}
