//! How this crate compares with the `voprf` crate, side by side in one run on one thread:
//! `cargo bench -p symbolon-oprf`.
//!
//! The two take turns, so that whatever else the machine does slows both; what counts is the ratio
//! of medians. Both sides start from bytes and end with bytes, as a service has to. Without
//! `--bench`, as under `cargo test --benches`, it only shows that it runs.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::rngs::OsRng;
use ring::rand::SystemRandom;
use symbolon_oprf::{Blind, ELEMENT_LEN, PublicKey, SecretKey};
use voprf::{BlindedElement, EvaluationElement, Group, Ristretto255, VoprfClient, VoprfServer};

fn main() -> Result<(), Box<dyn Error>> {
    let (size, rounds) =
        if std::env::args().any(|argument| argument == "--bench") { (1_000, 15) } else { (20, 1) };

    println!("{:<32} {:>12} {:>12} {:>7}", "µs an element, batch", "this crate", "voprf", "ratio");
    let rows = [
        ("client: blind", compare_blind(size, rounds)?),
        ("owner: evaluate with proof", compare_blind_evaluate(size, rounds)?),
        ("client: verify and finalize", compare_finalize(size, rounds)?),
        ("owner: its own records", compare_evaluate(size, rounds)?),
    ];
    for (name, Medians { ours, theirs }) in rows {
        let each = |median: Duration| median.as_secs_f64() * 1e6 / size as f64;
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!(
            "{:<32} {:>12.1} {:>12.1} {ratio:>6.2}×",
            format!("{name}, {size}"),
            each(ours),
            each(theirs),
        );
    }
    Ok(())
}

fn compare_blind(size: usize, rounds: usize) -> Result<Medians, Box<dyn Error>> {
    let rng = SystemRandom::new();
    let inputs = inputs(size);
    take_turns(
        rounds,
        || {
            let blinds = random_blinds(&rng, size)?;
            Ok(symbolon_oprf::voprf::additive::blind(&inputs, &blinds)?)
        },
        || {
            let mut elements = Vec::with_capacity(size * ELEMENT_LEN);
            for input in &inputs {
                let blinded = VoprfClient::<Ristretto255>::blind(input.as_bytes(), &mut OsRng)
                    .map_err(described)?;
                elements.extend_from_slice(&blinded.message.serialize());
            }
            Ok(elements)
        },
    )
}

fn compare_blind_evaluate(size: usize, rounds: usize) -> Result<Medians, Box<dyn Error>> {
    let rng = SystemRandom::new();
    let key = SecretKey::random(&rng)?;
    let their_server = their_server(&key)?;
    let blinded =
        symbolon_oprf::voprf::additive::blind(&inputs(size), &random_blinds(&rng, size)?)?;
    take_turns(
        rounds,
        || Ok(symbolon_oprf::voprf::blind_evaluate(&key, &blinded, &rng)?),
        || {
            let decoded = their_blinded(&blinded)?;
            let answer =
                their_server.batch_blind_evaluate(&mut OsRng, &decoded).map_err(described)?;
            let elements: Vec<u8> =
                answer.messages.iter().flat_map(EvaluationElement::serialize).collect();
            Ok((elements, answer.proof.serialize()))
        },
    )
}

fn compare_finalize(size: usize, rounds: usize) -> Result<Medians, Box<dyn Error>> {
    let rng = SystemRandom::new();
    let key = SecretKey::random(&rng)?;
    let public_key: PublicKey = key.public_key();
    let inputs = inputs(size);

    let mut states = Vec::with_capacity(size);
    let mut blinds = Vec::with_capacity(size);
    let mut blinded = Vec::with_capacity(size * ELEMENT_LEN);
    for input in &inputs {
        let client =
            VoprfClient::<Ristretto255>::blind(input.as_bytes(), &mut OsRng).map_err(described)?;
        let state = client.state.serialize();
        let (blind, _) = state.split_first_chunk().ok_or("a state without its blind")?;
        blinds.push(Blind::from_bytes(blind)?);
        blinded.extend_from_slice(&client.message.serialize());
        states.push(client.state);
    }
    let answer = symbolon_oprf::voprf::blind_evaluate(&key, &blinded, &rng)?;
    let proof_bytes = answer.proof.to_bytes();
    // Each finalizes what it blinds: ours by addition, theirs by multiplication.
    let our_blinded = symbolon_oprf::voprf::additive::blind(&inputs, &blinds)?;
    let our_answer = symbolon_oprf::voprf::blind_evaluate(&key, &our_blinded, &rng)?;
    let our_proof_bytes = our_answer.proof.to_bytes();
    let their_public_key =
        Ristretto255::deserialize_elem(&public_key.to_bytes()).map_err(described)?;

    take_turns(
        rounds,
        || {
            let proof = symbolon_oprf::Proof::from_bytes(&our_proof_bytes)?;
            let elements = &our_answer.elements;
            Ok(symbolon_oprf::voprf::additive::finalize(
                &public_key,
                &inputs,
                &blinds,
                &our_blinded,
                elements,
                &proof,
            )?)
        },
        || {
            let proof = voprf::Proof::deserialize(&proof_bytes).map_err(described)?;
            let elements = their_evaluated(&answer.elements)?;
            let inputs: Vec<&[u8]> = inputs.iter().map(String::as_bytes).collect();
            let outputs =
                VoprfClient::batch_finalize(&inputs, &states, &elements, &proof, their_public_key);
            let outputs: Result<Vec<_>, _> = outputs.map_err(described)?.collect();
            Ok(outputs.map_err(described)?)
        },
    )
}

fn compare_evaluate(size: usize, rounds: usize) -> Result<Medians, Box<dyn Error>> {
    let key = SecretKey::random(&SystemRandom::new())?;
    let their_server = their_server(&key)?;
    let inputs = inputs(size);
    take_turns(
        rounds,
        || Ok(symbolon_oprf::voprf::evaluate(&key, &inputs)?),
        || {
            let outputs: Result<Vec<_>, _> =
                inputs.iter().map(|input| their_server.evaluate(input.as_bytes())).collect();
            Ok(outputs.map_err(described)?)
        },
    )
}

struct Medians {
    ours: Duration,
    theirs: Duration,
}

fn take_turns<A, B>(
    rounds: usize,
    ours: impl Fn() -> Result<A, Box<dyn Error>>,
    theirs: impl Fn() -> Result<B, Box<dyn Error>>,
) -> Result<Medians, Box<dyn Error>> {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    // The first turn of each warms caches and tables, and is not counted.
    black_box(ours()?);
    black_box(theirs()?);
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(ours()?);
        our_times.push(start.elapsed());
        let start = Instant::now();
        black_box(theirs()?);
        their_times.push(start.elapsed());
    }
    Ok(Medians { ours: median(our_times)?, theirs: median(their_times)? })
}

fn median(mut times: Vec<Duration>) -> Result<Duration, Box<dyn Error>> {
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().ok_or("no rounds")?)
}

fn inputs(size: usize) -> Vec<String> {
    (0..size).map(|number| format!("vehicle.plate/1:AB-{number:06}")).collect()
}

fn random_blinds(rng: &SystemRandom, size: usize) -> Result<Vec<Blind>, symbolon_oprf::Error> {
    (0..size).map(|_| Blind::random(rng)).collect()
}

fn their_server(key: &SecretKey) -> Result<VoprfServer<Ristretto255>, Box<dyn Error>> {
    Ok(VoprfServer::new_with_key(key.to_bytes().as_slice()).map_err(described)?)
}

fn their_blinded(elements: &[u8]) -> Result<Vec<BlindedElement<Ristretto255>>, Box<dyn Error>> {
    let (elements, _) = elements.as_chunks::<ELEMENT_LEN>();
    let decoded: Result<_, _> =
        elements.iter().map(|element| BlindedElement::deserialize(element)).collect();
    Ok(decoded.map_err(described)?)
}

fn their_evaluated(
    elements: &[u8],
) -> Result<Vec<EvaluationElement<Ristretto255>>, Box<dyn Error>> {
    let (elements, _) = elements.as_chunks::<ELEMENT_LEN>();
    let decoded: Result<_, _> =
        elements.iter().map(|element| EvaluationElement::deserialize(element)).collect();
    Ok(decoded.map_err(described)?)
}

fn described(error: voprf::Error) -> String {
    error.to_string()
}
