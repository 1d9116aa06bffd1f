use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{answers, client::Client, ships, start, world};

const PATIENCE: Duration = Duration::from_secs(60);

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut question = ships(1);
    change(&mut question);
    question.to_string()
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason_and_the_node_goes_on() {
    let (world, address) = world(|_| {}).await;
    let client = Client::with_certificate(&address, &world.profile);
    let json = "application/json";
    let deep = format!("{{\"start\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = " ".repeat(9 << 20);
    let bad_utf8 = ships(1).to_string().replace("case-11", "case-\u{fffd}").into_bytes();
    let place = bad_utf8.windows(3).position(|three| three == [0xEF, 0xBF, 0xBD]).unwrap();
    let bad_utf8 = [&bad_utf8[..place], &[0xC3, 0x28, 0xFF], &bad_utf8[place + 3..]].concat();
    let good = ships(1).to_string();
    let check = "/v1/check";
    let invalid = (400, "invalid_argument");
    let cases: Vec<(&str, &str, Vec<u8>, (u16, &str))> = vec![
        (check, json, deep.into(), (413, "limit_exceeded")),
        (check, json, long.into(), (413, "limit_exceeded")),
        (check, json, ships(5_000).to_string().into(), (413, "limit_exceeded")),
        (check, json, bad_utf8, invalid),
        (check, json, "".into(), invalid),
        (check, json, "nonsense".into(), invalid),
        (check, json, "[]".into(), invalid),
        (check, json, good.as_bytes()[..good.len() - 1].to_vec(), invalid),
        (check, json, changed(|q| q["start"]["bureau"] = json!("BOR")).into(), invalid),
        (check, json, changed(|q| q["start"]["case_reference"] = json!("x")).into(), invalid),
        (check, json, changed(|q| q["more"] = json!(1)).into(), invalid),
        (check, json, changed(|q| q["start"]["urgency"] = json!("SOON")).into(), invalid),
        (check, json, changed(|q| q["start"]["timeout"] = json!("0s")).into(), invalid),
        (check, json, changed(|q| q["start"]["timeout"] = json!(10)).into(), invalid),
        (check, json, changed(|q| q["start"]["officer"] = json!(" ")).into(), invalid),
        (check, json, changed(|q| q["start"]["checkId"] = json!("AAAA")).into(), invalid),
        (check, json, changed(|q| q["start"]["bureaus"] = json!(["x"])).into(), invalid),
        (check, json, changed(|q| q["items"] = json!([])).into(), invalid),
        (check, json, changed(|q| q["items"][0]["ref"] = json!(-1)).into(), invalid),
        (check, json, changed(|q| q["items"][0]["ref"] = json!(1.5)).into(), invalid),
        (check, json, good.replace("\"ref\":1", "\"ref\":18446744073709551616").into(), invalid),
        (check, json, good.replacen("\"start\":", "\"start\":{},\"start\":", 1).into(), invalid),
        (check, json, ships(2).to_string().replace("\"ref\":2", "\"ref\":1").into(), invalid),
        (check, "text/plain", good.clone().into(), (415, "media_type")),
        (check, "application/json; charset=latin1", good.clone().into(), (415, "media_type")),
        ("/v1/check/stream", json, good.clone().into(), (415, "media_type")),
        ("/v1/check/stream", "application/x-ndjson", good.clone().into(), invalid),
        ("/v1/check/stream", "application/x-ndjson", Vec::new(), invalid),
        ("/v1/standing/match", json, "{\"standingId\":\"AAAA\"}".into(), invalid),
        ("/v1/nothing", json, good.clone().into(), (404, "path_unknown")),
        ("/v1/check/", json, good.clone().into(), (404, "path_unknown")),
        ("/v1/coverage", json, good.clone().into(), (405, "method_not_allowed")),
    ];
    for (path, kind, body, (status, reason)) in cases {
        let shown = String::from_utf8_lossy(&body).chars().take(120).collect::<String>();
        let answer = client.send("POST", path, &[("content-type", kind)], body).await;
        assert_eq!(answer.refusal(), (status, reason.to_owned()), "{path} {kind} {shown}");
        assert_eq!(answer.header("allow").is_empty(), status != 405);
    }
    let misspelt = changed(|question| question["start"]["bureau"] = json!("BOR"));
    let answer = client.send("POST", check, &[("content-type", json)], misspelt).await.json();
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.contains("bureau"), "{detail}");
    let compressed = [("content-type", json), ("content-encoding", "gzip")];
    let answer = client.send("POST", check, &compressed, good.clone()).await;
    assert_eq!(answer.refusal(), (415, "media_type".to_owned()));
    assert_eq!(client.send("DELETE", check, &[], "").await.refusal().0, 405);
    answers(&client).await;
}

#[tokio::test]
async fn a_check_id_given_twice_asks_once_and_never_something_else() {
    let (world, address) = world(|_| {}).await;
    let client = Client::with_certificate(&address, &world.profile);
    let mut question = ships(1);
    question["start"]["checkId"] = json!("AAECAwQFBgcICQoLDA0ODw==");
    for _ in 0..2 {
        let answer = client.post("/v1/check", &question).await;
        assert_eq!(answer.json()["started"]["checkId"], "AAECAwQFBgcICQoLDA0ODw==");
    }
    question["start"]["caseReference"] = json!("another");
    let refusal = client.post("/v1/check", &question).await.refusal();
    assert_eq!(refusal, (409, "check_id_reused".to_owned()));
}

/// What comes back on a connection until it ends, to bytes that no HTTP library would send.
async fn raw(client: &Client, bytes: &[u8]) -> String {
    let mut tls = client.open().await;
    tls.write_all(bytes).await.unwrap();
    tls.flush().await.unwrap();
    let mut answer = Vec::new();
    // The node may close without saying that it does.
    let _ = timeout(PATIENCE, tls.read_to_end(&mut answer)).await.expect("it stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn slow_oversized_and_malformed_requests_end_and_take_no_room() {
    let (world, address) = world(|_| {}).await;
    let client = Client::with_certificate(&address, &world.profile);
    let head = "POST /v1/check HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

    // All at once: each waits for the node to lose patience.
    let slow_body = format!("{head}content-length: 100\r\n\r\n{{\"start\":");
    let slow_line = head.replace("check ", "check/stream ").replace("/json", "/x-ndjson");
    let slow_line = format!("{slow_line}content-length: 100\r\n\r\n{{\"start\":");
    let slow_head = "POST /v1/check HTTP/1.1\r\nhost: local";
    let (slow_body, slow_line, slow_head, idle) = tokio::join!(
        raw(&client, slow_body.as_bytes()),
        raw(&client, slow_line.as_bytes()),
        raw(&client, slow_head.as_bytes()),
        raw(&client, b""),
    );
    for answer in [slow_body, slow_line] {
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"too_slow\""), "{answer}");
    }
    assert!(!slow_head.contains(" 200 ") && idle.is_empty(), "{slow_head} {idle}");

    let big = format!("GET /v1/health HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(20 << 10));
    assert!(raw(&client, big.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let many = (0..100).fold(String::new(), |all, number| all + &format!("x{number}: y\r\n"));
    let many = format!("GET /v1/health HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    assert!(raw(&client, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let odd = b"\x16\x03\x01 nonsense\r\n\r\n";
    assert!(!raw(&client, odd).await.contains(" 200 "));
    // Two lengths: another program in between might take the rest for a second request.
    let smuggled = format!("{head}content-length: 5\r\ncontent-length: 6\r\n\r\n{{}}   ");
    assert!(raw(&client, smuggled.as_bytes()).await.starts_with("HTTP/1.1 400 "));
    answers(&client).await;
}

#[tokio::test]
async fn without_tls_or_with_a_strangers_certificate_nothing_is_served() {
    let (world, address) = world(|_| {}).await;
    let mut tcp = TcpStream::connect(&address).await.unwrap();
    tcp.write_all(b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.expect("it stays open");
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");

    // A certificate of another bureau, under another root.
    let stranger = world.owner.issue("stranger").unwrap();
    let mut stranger = symbolon_cli::Profile::find(Some(&stranger)).unwrap();
    stranger.root = world.profile.root.clone();
    let stranger = Client::with_certificate(&address, &stranger);
    let head = "GET /v1/coverage HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut tls = stranger.open().await;
    let _ = tls.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, tls.read_to_end(&mut answer)).await.expect("it stays open");
    assert!(ended.is_err() && answer.is_empty());

    // The gRPC face takes no token: without a certificate there is no connection.
    let grpc = world.requester.bureau_endpoint.strip_prefix("https://").unwrap();
    let mut tls = Client::nobody(grpc, &world.requester).open().await;
    let mut answer = Vec::new();
    assert!(timeout(PATIENCE, tls.read_to_end(&mut answer)).await.unwrap().is_err());
    answers(&Client::with_certificate(&address, &world.profile)).await;
}

#[tokio::test]
async fn a_stream_of_many_lines_is_answered_and_one_that_breaks_a_rule_is_refused_whole() {
    let (world, address) = world(|_| {}).await;
    let client = Client::with_certificate(&address, &world.profile);
    let kind = [("content-type", "application/x-ndjson")];
    let lines = |last: Value| {
        let mut text = json!({"start": start()}).to_string();
        for line in 0..6 {
            let items: Vec<_> = (0..500)
                .map(|place| {
                    json!({
                        "ref": line * 500 + place,
                        "identifierType": "email",
                        "value": format!("p{}@example.org", line * 500 + place),
                    })
                })
                .collect();
            text += &format!("\n{}", json!({"items": {"items": items}}));
        }
        text + "\n" + &last.to_string()
    };
    let one = json!({"ref": 9_999, "identifierType": "email", "value": "wanted@example.org"});
    let answer = client
        .send("POST", "/v1/check/stream", &kind, lines(json!({"items": {"items": [one]}})))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    assert_eq!(text.matches("OUTCOME_NO_HIT").count(), 3_000);
    assert_eq!(text.matches("OUTCOME_HIT\"").count(), 1);

    let twice = json!({"ref": 0, "identifierType": "email", "value": "x@example.org"});
    for last in [
        json!({"items": {"items": [twice]}}),
        json!({"start": start()}),
        json!({}),
        json!({"answers": {}}),
        json!(null),
    ] {
        let answer = client.send("POST", "/v1/check/stream", &kind, lines(last)).await;
        assert_eq!(answer.refusal(), (400, "invalid_argument".to_owned()));
    }
    answers(&client).await;
}
