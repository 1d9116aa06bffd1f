use std::collections::BTreeSet;

use serde_json::{Value, json};
use symbolon_cli::scenario::ADMINISTRATOR;
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::LogRecord;
use time::{Duration, OffsetDateTime};

use super::{answers, client::Client, issue, records, ships, token_command, world};

fn refused(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

fn ended_with(output: &std::process::Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    let error: Value = serde_json::from_str(line).unwrap_or_default();
    error["error"]["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_token_does_the_work_of_its_role_and_the_log_names_agency_and_person() {
    let (world, address) = world(|terms| terms.standing_days = Some(30)).await;
    let bureau = &world.requester;
    let (id, token) = issue(bureau, "officer-17", "officer");
    let officer = Client::with_token(&address, bureau, &token);
    answers(&officer).await;
    assert_eq!(officer.get("/v1/coverage").await.status, 200);
    assert_eq!(officer.post("/v1/check", &ships(100)).await.status, 200);
    let missing = refused(403, "role_missing");
    assert_eq!(officer.post("/v1/check", &ships(101)).await.refusal(), missing);
    assert_eq!(officer.get("/v1/standing").await.refusal(), missing);
    let approval = json!({
        "caseReference": "case-11", "purpose": "border_check", "mostElements": 200, "validFor": "60s",
    });
    assert_eq!(officer.post("/v1/approvals", &approval).await.refusal(), missing);

    let analyst = Client::with_token(&address, bureau, &issue(bureau, "desk", "analyst").1);
    assert_eq!(analyst.post("/v1/check", &ships(101)).await.status, 200);
    assert_eq!(analyst.get("/v1/standing").await.json(), json!({"checks": []}));
    assert_eq!(analyst.post("/v1/approvals", &approval).await.refusal(), missing);

    let identity = "spiffe://req.symbolon.internal/agencies/customs/officer-17";
    let all = records(bureau).await;
    let issued = all.iter().find_map(|record| match record {
        LogRecord::TokenIssued { token, holder, by, .. } if holder.id == identity => {
            Some((token.to_string(), holder.roles.clone(), by.id.clone()))
        }
        _ => None,
    });
    let (logged, roles, by) = issued.unwrap();
    assert_eq!((logged, roles), (id, BTreeSet::from([Role::Officer])));
    assert!(by.ends_with("/people/administrator"), "{by}");
    let is_of = |by: &Actor| by.id == identity;
    let logged_in = |record: &&LogRecord| matches!(record, LogRecord::LoggedIn { by } if is_of(by));
    assert_eq!(all.iter().filter(logged_in).count(), 1);
    let denied =
        |record: &&LogRecord| matches!(record, LogRecord::ActRefused { by, .. } if is_of(by));
    assert_eq!(all.iter().filter(denied).count(), 3);
    // Nobody finds the secret in what is kept or logged.
    let secret = token.rsplit('_').next().unwrap();
    let mut files = vec![bureau.folder.root().to_owned()];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", path.display());
            let raw = hex::decode(secret).unwrap();
            assert!(!bytes.windows(raw.len()).any(|part| part == raw), "{}", path.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 10);
    assert!(!world.log("requester").contains(secret));
}

#[tokio::test]
async fn a_token_that_is_revoked_expired_wrong_or_changed_in_the_database_is_none() {
    let (world, address) = world(|_| {}).await;
    let bureau = &world.requester;
    let (id, token) = issue(bureau, "officer-17", "officer");
    let (_, kept) = issue(bureau, "officer-18", "officer");
    let (changed_id, changed) = issue(bureau, "officer-19", "officer");
    let body = ships(1).to_string();
    let kind = [("content-type", "application/json")];

    // On one connection, before and after.
    let mut connection = Client::with_token(&address, bureau, &token).connect().await;
    assert_eq!(connection.send("POST", "/v1/check", &kind, body.clone()).await.status, 200);
    let revoke = ["revoke", "--as", ADMINISTRATOR, "--reason", "lost telephone", &id];
    assert!(token_command(bureau, &revoke).status.success());
    let answer = connection.send("POST", "/v1/check", &kind, body).await;
    assert_eq!(answer.refusal(), refused(401, "token_revoked"));
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge, "Bearer realm=\"symbolon\", error=\"invalid_token\"");
    answers(&Client::with_token(&address, bureau, &kept)).await;

    let asks = async |token: &str| {
        Client::with_token(&address, bureau, token).post("/v1/check", &ships(1)).await.refusal()
    };
    let store = bureau.store().await.unwrap();
    let now = OffsetDateTime::now_utc();
    let holder = Actor {
        id: "spiffe://req.symbolon.internal/agencies/customs/late".to_owned(),
        roles: [Role::Officer].into(),
    };
    let expired = store.issue_token(&holder, now - Duration::SECOND, &holder, now).await.unwrap();
    store.close().await;
    assert_eq!(asks(&expired.reveal()).await, refused(401, "token_expired"));

    // Another secret under an id that is good, an id that never was, and no token at all.
    let unknown = refused(401, "token_unknown");
    let secret = kept.rsplit('_').next().unwrap();
    let last = if secret.ends_with('0') { "1" } else { "0" };
    let flipped = format!("{}{last}", &secret[..secret.len() - 1]);
    assert_eq!(asks(&kept.replace(secret, &flipped)).await, unknown);
    assert_eq!(asks(&format!("symbolon_{}_{secret}", "0".repeat(16))).await, unknown);
    assert_eq!(asks("symbolon_").await, unknown);
    let nobody = Client::nobody(&address, bureau);
    let basic = [("authorization", "Basic YTpi"), ("content-type", "application/json")];
    let answer = nobody.send("POST", "/v1/check", &basic, ships(1).to_string()).await;
    assert_eq!(answer.refusal(), unknown);
    let answer = nobody.post("/v1/check", &ships(1)).await;
    assert_eq!(answer.refusal(), refused(401, "token_missing"));
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"symbolon\"");

    // Who can write into the database cannot give a token other work.
    let address_of_database = format!("sqlite://{}", bureau.folder.database().display());
    let database = sqlx::SqlitePool::connect(&address_of_database).await.unwrap();
    sqlx::query("UPDATE bearer_tokens SET roles = 'analyst' WHERE hex(token) = upper($1)")
        .bind(&changed_id)
        .execute(&database)
        .await
        .unwrap();
    database.close().await;
    assert_eq!(asks(&changed).await, unknown);

    let both = Client::with_certificate(&address, &world.profile).and_token(&kept);
    let refusal = both.post("/v1/check", &ships(1)).await.refusal();
    assert_eq!(refusal, refused(400, "invalid_argument"));

    let revoked = records(bureau).await.into_iter().find_map(|record| match record {
        LogRecord::TokenRevoked { token, reason, by, .. } => {
            Some((token.to_string(), reason, by.id))
        }
        _ => None,
    });
    let (logged, reason, by) = revoked.unwrap();
    assert_eq!((logged, reason.as_str()), (id, "lost telephone"));
    assert!(by.ends_with("/people/administrator"), "{by}");
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_counted_and_harm_nobody_who_shows_a_certificate() {
    let (world, address) = world(|_| {}).await;
    let bureau = &world.requester;
    let wrong = format!("symbolon_{}_{}", "0".repeat(16), "0".repeat(64));
    let wrong = Client::with_token(&address, bureau, &wrong);
    let mut refusals = Vec::new();
    for _ in 0..2_000 {
        // A connection each: the node ends one on which it refused a token.
        let mut connection = wrong.connect().await;
        let answer = connection.send("GET", "/v1/coverage", &[], "").await;
        refusals.push(answer.refusal());
        if answer.status == 429 {
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert_eq!(wait, 1);
            assert_eq!(answer.json()["retryAfterSeconds"], wait);
            break;
        }
    }
    let (last, before) = refusals.split_last().unwrap();
    assert_eq!(*last, refused(429, "too_many_attempts"));
    assert!(before.len() >= 100 && before.iter().all(|one| *one == refused(401, "token_unknown")));

    answers(&Client::with_certificate(&address, &world.profile)).await;
    let counted = metrics(&world.requester.metrics.to_string()).await;
    let count = |reason: &str| {
        let line = format!("symbolon_bureau_calls_refused_total{{reason=\"{reason}\"}} ");
        let count = counted.lines().find_map(|found| found.strip_prefix(&line));
        count.unwrap_or_else(|| panic!("{counted}")).parse::<usize>().unwrap()
    };
    assert_eq!(count("token_unknown"), before.len());
    assert_eq!(count("too_many_attempts"), 1);
}

async fn metrics(address: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    tcp.write_all(request).await.unwrap();
    let mut text = String::new();
    tcp.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn only_an_administrator_issues_and_revokes_tokens_and_only_for_those_who_ask() {
    let (world, _) = world(|_| {}).await;
    let bureau = &world.requester;
    bureau.issue_with("lawyer", &[Role::Legal]).unwrap();
    let issue = ["issue", "--agency", "customs", "--person", "o", "--role", "officer"];
    let with = |more: &[&str]| token_command(bureau, &[&issue[..], more].concat());
    assert_eq!(ended_with(&with(&[])), "person_missing");
    for person in ["officer", "lawyer"] {
        assert_eq!(ended_with(&with(&["--as", person])), "role_missing");
    }
    for role in ["legal", "approver", "inspector", "administrator"] {
        let wanted = ["issue", "--agency", "customs", "--person", "o", "--role", role];
        let output = token_command(bureau, &[&wanted[..], &["--as", ADMINISTRATOR]].concat());
        assert_eq!(output.status.code(), Some(2), "{role}");
    }
    for (hours, reason) in [("0", "invalid"), ("25", "invalid")] {
        assert_eq!(ended_with(&with(&["--as", ADMINISTRATOR, "--hours", hours])), reason);
    }
    let odd = ["issue", "--agency", "cus/toms", "--person", "o", "--role", "officer"];
    let output = token_command(bureau, &[&odd[..], &["--as", ADMINISTRATOR]].concat());
    assert_eq!(ended_with(&output), "certificate");

    for _ in 0..2 {
        assert!(with(&["--as", ADMINISTRATOR, "--hours", "24"]).status.success());
    }
    let listed = token_command(bureau, &["list"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    for line in listed.as_array().unwrap() {
        assert_eq!((&line["agency"], &line["person"]), (&json!("customs"), &json!("o")));
        assert_eq!((&line["state"], &line["roles"]), (&json!("good"), &json!(["officer"])));
        assert!(line.get("token").is_none());
    }
    let revoke = ["revoke", "--reason", "moved", "--agency", "customs"];
    assert_eq!(
        ended_with(&token_command(bureau, &[&revoke[..], &["--as", "officer"]].concat())),
        "role_missing"
    );
    let output = token_command(bureau, &[&revoke[..], &["--as", ADMINISTRATOR]].concat());
    let revoked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(revoked["tokens"].as_array().unwrap().len(), 2);
    let other = ["revoke", "--reason", "x", "--agency", "police", "--as", ADMINISTRATOR];
    assert_eq!(ended_with(&token_command(bureau, &other)), "no_token");
}
