//! What the face does and what `docs/openapi.yaml` says of it are the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, EXPECT},
    },
};
use prost_reflect::Kind;
use serde_json::Value;
use symbolon_policy::{Reason, rules::Role};
use tokio::{sync::watch, time::sleep};
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;

use super::{JsonFace, OPENAPI, body, caller::Caller, calls, mapping, problem};
use crate::fixture;

fn openapi() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Everything with which the face can refuse a call, and where: of everybody who says who calls, where a
/// body is read, where work is begun, and at single paths.
const OF_ALL: &[Reason] = &[
    Reason::InvalidArgument,
    Reason::TokenMissing,
    Reason::TokenUnknown,
    Reason::TokenExpired,
    Reason::TokenRevoked,
    Reason::TooManyAttempts,
    Reason::CertificateExpired,
    Reason::CertificateRevoked,
    Reason::RoleMissing,
    Reason::Internal,
];
const OF_BODIES: &[Reason] =
    &[Reason::TooSlow, Reason::LimitExceeded, Reason::MediaType, Reason::TryAgain];
const OF_CHECKS: &[Reason] = &[Reason::CheckIdReused];
const OF_STANDING: &[Reason] = &[Reason::StandingUnknown];

fn reasons(path: &str, method: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if ["/v1/health", "/v1/openapi.json"].contains(&path) {
        return reasons;
    }
    reasons.extend(OF_ALL);
    if method == "POST" {
        reasons.extend(OF_BODIES);
    }
    if path.starts_with("/v1/check") {
        reasons.extend(OF_CHECKS);
    }
    if ["/v1/standing/update", "/v1/standing/match", "/v1/standing/end"].contains(&path) {
        reasons.extend(OF_STANDING);
    }
    reasons
}

#[test]
fn every_call_is_described_with_every_status_and_nothing_else_is() {
    let described = openapi();
    let mut found = BTreeMap::new();
    for (path, operations) in described["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let statuses: BTreeSet<_> =
                operation["responses"].as_object().unwrap().keys().cloned().collect();
            found.insert((method.to_uppercase(), path.clone()), statuses);
        }
    }
    let mut expected = BTreeMap::new();
    for call in calls::ALL {
        let mut statuses = BTreeSet::from(["200".to_owned()]);
        if call.path == "/v1/health" {
            statuses.insert("503".to_owned());
        }
        let reasons = reasons(call.path, call.method);
        statuses.extend(reasons.iter().map(|reason| problem::status(*reason).as_str().to_owned()));
        expected.insert((call.method.to_owned(), call.path.to_owned()), statuses);
    }
    assert_eq!(found, expected);
}

#[test]
fn every_reason_is_in_the_table_with_its_status() {
    let described = openapi();
    let text = described["info"]["description"].as_str().unwrap();
    let rows: BTreeSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            Some((cells.next()?.trim_end_matches('`'), cells.next()?))
        })
        .collect();
    let of_paths = [Reason::PathUnknown, Reason::MethodNotAllowed];
    let statuses: Vec<_> = [OF_ALL, OF_BODIES, OF_CHECKS, OF_STANDING, &of_paths]
        .concat()
        .into_iter()
        .map(|reason| (reason.as_str(), problem::status(reason)))
        .collect();
    let expected: BTreeSet<_> =
        statuses.iter().map(|(reason, status)| (*reason, status.as_str())).collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_message_is_described_with_the_fields_and_enum_values_of_the_contract() {
    let described = openapi();
    let schemas = &described["components"]["schemas"];
    let text = schemas.to_string();
    let mut seen = BTreeSet::new();
    let mut messages: Vec<_> =
        mapping::ALL.iter().map(|name| mapping::descriptor(name).unwrap()).collect();
    while let Some(message) = messages.pop() {
        let is_ours = message.full_name().starts_with("symbolon.");
        if !is_ours || !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        // These two are the same, and nothing but an id.
        let schema = match message.name() {
            "EndStandingRequest" | "MatchStandingRequest" => &schemas["StandingReference"],
            name => &schemas[name],
        };
        let found: BTreeSet<_> =
            schema["properties"].as_object().into_iter().flat_map(|all| all.keys()).collect();
        let expected: BTreeSet<_> =
            message.fields().map(|field| field.json_name().to_owned()).collect();
        assert_eq!(found, expected.iter().collect(), "{}", message.name());
        for field in message.fields() {
            match field.kind() {
                Kind::Message(below) => messages.push(below),
                Kind::Enum(kind) => {
                    for value in kind.values() {
                        let name = value.name();
                        assert!(text.contains(&format!("\"{name}\"")), "{name}");
                    }
                }
                _ => {}
            }
        }
    }
    assert!(seen.len() > mapping::ALL.len());
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let described = openapi();
    let mut found = Vec::new();
    references(&described, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(described.pointer(pointer).is_some(), "{reference}");
    }
}

/// A call by somebody who may do everything that is done here.
fn request(path: &str, body: Body) -> Request {
    let kind = if path == "/v1/check/stream" { body::LINES } else { body::JSON };
    let peer = fixture::person(&[Role::Analyst, Role::Approver]);
    Request::post(path)
        .header(CONTENT_TYPE, kind)
        // So that nothing of a body is read only to be thrown away.
        .header(EXPECT, "100-continue")
        .extension(Caller { peer: Some(peer), from: ([127, 0, 0, 1], 1).into() })
        .body(body)
        .unwrap()
}

async fn status(router: &Router, path: &str, body: Body) -> StatusCode {
    router.clone().oneshot(request(path, body)).await.unwrap().status()
}

#[tokio::test]
async fn nothing_of_a_body_is_read_before_its_call_has_a_place() {
    let root = tempfile::tempdir().unwrap();
    let face = fixture::bureau_face(root.path(), 1).await;
    let (_stopping, stopped) = watch::channel(false);
    let router = JsonFace::new(face.clone(), stopped).into_router();
    let ask = async |path: &str| {
        let was_read = Arc::new(AtomicBool::new(false));
        let reading = Arc::clone(&was_read);
        let pieces = tokio_stream::once(Bytes::from_static(b"{}")).map(move |piece| {
            reading.store(true, Ordering::SeqCst);
            Ok::<_, io::Error>(piece)
        });
        let status = status(&router, path, Body::from_stream(pieces)).await;
        (status, was_read.load(Ordering::SeqCst))
    };
    let taken = face.place().unwrap();
    let with_bodies = || calls::ALL.iter().filter(|call| call.method == "POST");
    for call in with_bodies() {
        let busy = (StatusCode::SERVICE_UNAVAILABLE, false);
        assert_eq!(ask(call.path).await, busy, "{}", call.path);
    }
    drop(taken);
    for call in with_bodies() {
        assert_eq!(ask(call.path).await, (StatusCode::BAD_REQUEST, true), "{}", call.path);
        assert_eq!(face.checks.available_permits(), 1, "{}", call.path);
    }
}

#[tokio::test]
async fn a_body_that_is_still_coming_holds_a_place() {
    let root = tempfile::tempdir().unwrap();
    let face = fixture::bureau_face(root.path(), 1).await;
    let (_stopping, stopped) = watch::channel(false);
    let router = JsonFace::new(face.clone(), stopped).into_router();
    let slow = Body::from_stream(tokio_stream::pending::<Result<Bytes, io::Error>>());
    let reading = tokio::spawn(router.clone().oneshot(request("/v1/check", slow)));
    while face.checks.available_permits() > 0 {
        assert!(!reading.is_finished());
        sleep(Duration::from_millis(5)).await;
    }
    let busy = status(&router, "/v1/check", Body::from("{}")).await;
    assert_eq!(busy, StatusCode::SERVICE_UNAVAILABLE);
    reading.abort();
    let _ = reading.await;
    assert_eq!(face.checks.available_permits(), 1);
}
