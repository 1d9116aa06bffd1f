//! What is measured: the library's steps that work on secrets, what they are made of on each back
//! end, and operations that are known to leak.

use std::{hint::black_box, rc::Rc};

use ring::rand::{SecureRandom, SystemRandom};
use symbolon_oprf::{
    Blind, SecretKey,
    measure::{OnSecrets, on_secrets},
    voprf,
};

use crate::Fallible;

/// Enough to fill the lanes twice.
const BATCH: usize = 16;
const INPUT_LEN: usize = 24;

/// The fixed scalars of the library's steps and of single operations. Halved, the one has a single
/// digit that is not zero, as the other has.
const TWO: [u8; 32] = scalar_of(2);
const ONE: [u8; 32] = scalar_of(1);

/// Which secrets a measurement is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Fixed,
    Random,
}

/// Work whose inputs lie ready. What it returns keeps the compiler from leaving it out.
pub(super) type Prepared = Box<dyn FnMut() -> usize>;

/// One operation on one kind of secret.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) back_end: &'static str,
    /// Whether it is known to leak, and is there to show that leaks are found.
    pub(super) is_control: bool,
    prepare: Box<dyn FnMut(Class) -> Fallible<Prepared>>,
}

impl Subject {
    /// The operation with a secret of this class, and everything else random.
    pub(super) fn prepare(&mut self, class: Class) -> Fallible<Prepared> {
        (self.prepare)(class)
    }
}

/// All, those that must be found out first.
pub(super) fn all() -> Fallible<Vec<Subject>> {
    let mut all = vec![early_exit()];
    let (single, controls): (Vec<_>, Vec<_>) =
        on_secrets(BATCH).into_iter().partition(|operation| operation.is_constant_time);
    all.extend(controls.into_iter().map(of_operation));
    all.extend(steps()?);
    all.extend(single.into_iter().map(of_operation));
    Ok(all)
}

/// A comparison that stops at the first byte that differs, with a guess that is right or random.
pub(super) fn early_exit() -> Subject {
    let secrets = Rc::new([[0x5e; 32]; BATCH]);
    Subject {
        name: "compare and stop at a difference".to_owned(),
        back_end: "none",
        is_control: true,
        prepare: Box::new(move |class| {
            let mut guesses = vec![[0x5e; 32]; BATCH];
            if class == Class::Random {
                for guess in &mut guesses {
                    *guess = random()?;
                }
            }
            let secrets = Rc::clone(&secrets);
            Ok(Box::new(move || {
                let pairs = secrets.iter().zip(&guesses);
                pairs.filter(|(secret, guess)| is_equal(*secret, *guess)).count()
            }))
        }),
    }
}

fn is_equal(secret: &[u8], guess: &[u8]) -> bool {
    secret.iter().zip(guess).all(|(secret, guess)| black_box(*secret) == *guess)
}

fn of_operation(operation: OnSecrets) -> Subject {
    let operation = Rc::new(operation);
    Subject {
        name: operation.name.to_owned(),
        back_end: operation.back_end,
        is_control: !operation.is_constant_time,
        prepare: Box::new(move |class| {
            let secrets: Fallible<Vec<_>> = (0..BATCH).map(|_| scalar(class, ONE)).collect();
            let (operation, secrets) = (Rc::clone(&operation), secrets?);
            Ok(Box::new(move || operation.run(&secrets)))
        }),
    }
}

/// The library's own steps. Whatever is not of a class is random, also what everybody sees:
/// combinations of public points take time that depends on them.
fn steps() -> Fallible<Vec<Subject>> {
    let rng = SystemRandom::new();
    let owner = Rc::new(SecretKey::random(&rng)?);
    let mut steps = Vec::new();
    let mut step = |name: &str, prepare: Box<dyn FnMut(Class) -> Fallible<Prepared>>| {
        steps.push(Subject {
            name: name.to_owned(),
            back_end: "as for this batch",
            is_control: false,
            prepare,
        });
    };

    step(
        "SecretKey::from_bytes: key",
        Box::new(|class| {
            let bytes = scalar(class, TWO)?;
            Ok(Box::new(move || SecretKey::from_bytes(&bytes).is_ok().into()))
        }),
    );
    step(
        "voprf::evaluate: key",
        Box::new(|class| {
            let (key, inputs) = (key(class)?, inputs(Class::Random)?);
            Ok(Box::new(move || voprf::evaluate(&key, &inputs).map_or(0, |all| all.len())))
        }),
    );
    let key_of_evaluate = Rc::clone(&owner);
    step(
        "voprf::evaluate: inputs",
        Box::new(move |class| {
            let (key, inputs) = (Rc::clone(&key_of_evaluate), inputs(class)?);
            Ok(Box::new(move || voprf::evaluate(&key, &inputs).map_or(0, |all| all.len())))
        }),
    );
    step(
        "voprf::blind_evaluate: key",
        Box::new(|class| {
            let key = key(class)?;
            let blinded = voprf::additive::blind(&inputs(Class::Random)?, &blinds(Class::Random)?)?;
            let rng = SystemRandom::new();
            Ok(Box::new(move || {
                voprf::blind_evaluate(&key, &blinded, &rng).map_or(0, |all| all.elements.len())
            }))
        }),
    );
    step(
        "voprf::blind: blinds",
        Box::new(|class| {
            let (inputs, blinds) = (inputs(Class::Random)?, blinds(class)?);
            Ok(Box::new(move || voprf::blind(&inputs, &blinds).map_or(0, |all| all.len())))
        }),
    );
    step(
        "voprf::additive::blind: blinds",
        Box::new(|class| {
            let (inputs, blinds) = (inputs(Class::Random)?, blinds(class)?);
            Ok(Box::new(move || {
                voprf::additive::blind(&inputs, &blinds).map_or(0, |all| all.len())
            }))
        }),
    );
    step(
        "voprf::additive::blind: inputs",
        Box::new(|class| {
            let (inputs, blinds) = (inputs(class)?, blinds(Class::Random)?);
            Ok(Box::new(move || {
                voprf::additive::blind(&inputs, &blinds).map_or(0, |all| all.len())
            }))
        }),
    );
    let key = Rc::clone(&owner);
    step(
        "voprf::finalize: blinds",
        Box::new(move |class| {
            let (inputs, blinds) = (inputs(Class::Random)?, blinds(class)?);
            let blinded = voprf::blind(&inputs, &blinds)?;
            let answer = voprf::blind_evaluate(&key, &blinded, &SystemRandom::new())?;
            let pinned = key.public_key();
            Ok(Box::new(move || {
                let (evaluated, proof) = (&answer.elements, &answer.proof);
                voprf::finalize(&pinned, &inputs, &blinds, &blinded, evaluated, proof)
                    .map_or(0, |all| all.len())
            }))
        }),
    );
    step(
        "voprf::additive::finalize: blinds",
        Box::new(move |class| {
            let (inputs, blinds) = (inputs(Class::Random)?, blinds(class)?);
            let blinded = voprf::additive::blind(&inputs, &blinds)?;
            let answer = voprf::blind_evaluate(&owner, &blinded, &SystemRandom::new())?;
            let pinned = owner.public_key();
            Ok(Box::new(move || {
                let (evaluated, proof) = (&answer.elements, &answer.proof);
                voprf::additive::finalize(&pinned, &inputs, &blinds, &blinded, evaluated, proof)
                    .map_or(0, |all| all.len())
            }))
        }),
    );
    Ok(steps)
}

fn key(class: Class) -> Fallible<SecretKey> {
    Ok(SecretKey::from_bytes(&scalar(class, TWO)?)?)
}

fn blinds(class: Class) -> Fallible<Vec<Blind>> {
    (0..BATCH).map(|_| Ok(Blind::from_bytes(&scalar(class, TWO)?)?)).collect()
}

fn inputs(class: Class) -> Fallible<Vec<[u8; INPUT_LEN]>> {
    (0..BATCH)
        .map(|_| match class {
            Class::Fixed => Ok([0; INPUT_LEN]),
            Class::Random => random(),
        })
        .collect()
}

/// Both classes take the same way here, so that neither leaves the caches otherwise.
fn scalar(class: Class, fixed: [u8; 32]) -> Fallible<[u8; 32]> {
    let random = *Blind::from_uniform_bytes(&random()?)?.to_bytes();
    Ok(if class == Class::Fixed { fixed } else { random })
}

fn random<const N: usize>() -> Fallible<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(bytes)
}

const fn scalar_of(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    let [first, ..] = &mut bytes;
    *first = value;
    bytes
}
