//! TLS 1.3 with a hybrid key exchange, and on each face only what belongs there.

use std::{sync::Arc, time::Duration};

use rustls::crypto::{CryptoProvider, aws_lc_rs::kx_group};
use symbolon_client::{Credentials, PartnerTrust, crypto_provider};
use symbolon_tests::{World, raw};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::common::{Face, assert_goes_on, channel, handshake, ships};

fn officer(world: &World) -> Credentials {
    Credentials::read(&world.profile.certificate, &world.profile.key).unwrap()
}

/// A hello as a client that speaks TLS 1.2 at most would begin with.
fn tls12_hello() -> Vec<u8> {
    let extensions: &[&[u8]] = &[
        &[0, 10, 0, 4, 0, 2, 0, 29],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 6, 0, 4, 4, 3, 8, 4],
        &[0xff, 1, 0, 1, 0],
    ];
    let extensions = extensions.concat();
    let mut body = vec![3, 3];
    body.extend([0x42; 32]);
    body.push(0);
    body.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x2f]);
    body.extend([1, 0]);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let mut message = vec![1, 0];
    message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
    record.extend(message);
    record
}

#[tokio::test]
async fn both_faces_negotiate_x25519mlkem768_serve_plain_x25519_and_refuse_tls_1_2() {
    let world = World::new(&ships(10)).await;
    // What a node connects to another with.
    let ours = raw::credentials(&world.requester);
    let config = PartnerTrust::of(&world.owner.card).unwrap().client_config(&ours).unwrap();
    let partner = Face::Partner.address(&world.owner);
    assert_eq!(handshake(&partner, config).await.unwrap(), "X25519MLKEM768");
    let bureau = Face::Bureau.address(&world.requester);
    let officer = officer(&world);
    let config = Face::Bureau.client(&world.requester, Some(&officer));
    assert_eq!(handshake(&bureau, config).await.unwrap(), "X25519MLKEM768");

    let classical = || {
        Arc::new(CryptoProvider {
            kx_groups: vec![kx_group::X25519],
            ..CryptoProvider::clone(&crypto_provider())
        })
    };
    let config = Face::Partner.client_with(&world.owner, Some(&ours), classical());
    assert_eq!(handshake(&partner, config).await.unwrap(), "X25519");
    let config = Face::Bureau.client_with(&world.requester, Some(&officer), classical());
    assert_eq!(handshake(&bureau, config).await.unwrap(), "X25519");

    for address in [&partner, &bureau] {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(&tls12_hello()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), tcp.read_to_end(&mut answer));
        read.await.expect("the connection is closed").unwrap();
        // A fatal alert, protocol_version (RFC 8446, 6.2).
        assert_eq!((answer[0], &answer[5..7]), (21, &[2, 70][..]), "{answer:?}");
        // Noise, and an HTTP request in clear.
        for noise in [&[0xa5; 300][..], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            tcp.write_all(noise).await.unwrap();
            let mut answer = Vec::new();
            let read = tokio::time::timeout(Duration::from_secs(5), tcp.read_to_end(&mut answer));
            let _ = read.await.expect("the connection is closed");
            assert!(answer.len() < 16, "{answer:?}");
        }
    }
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn each_face_refuses_the_certificates_of_the_other() {
    let world = World::new(&ships(10)).await;
    let officer = officer(&world);
    let partner_of_requester = raw::credentials(&world.requester);
    for credentials in [&partner_of_requester, &raw::credentials(&world.owner)] {
        let config = Face::Bureau.client(&world.requester, Some(credentials));
        let address = Face::Bureau.address(&world.requester);
        let error = handshake(&address, config).await.unwrap_err();
        assert!(error.to_string().contains("alert"), "{error}");
    }
    let config = Face::Bureau.client(&world.requester, None);
    handshake(&Face::Bureau.address(&world.requester), config).await.unwrap_err();
    for owner in [&world.owner, &world.requester] {
        let config = Face::Partner.client(owner, Some(&officer));
        let error = handshake(&Face::Partner.address(owner), config).await.unwrap_err();
        assert!(error.to_string().contains("alert"), "{error}");
    }
    // An officer of one bureau is nobody at another.
    let config = Face::Bureau.client(&world.owner, Some(&officer));
    handshake(&Face::Bureau.address(&world.owner), config).await.unwrap_err();
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn only_the_bureau_face_describes_itself_and_both_say_whether_they_serve() {
    let world = World::new(&ships(10)).await;
    let ours = raw::credentials(&world.requester);
    let partner = channel(
        &Face::Partner.address(&world.owner),
        Face::Partner.client(&world.owner, Some(&ours)),
    )
    .await
    .unwrap();
    let bureau = channel(
        &Face::Bureau.address(&world.requester),
        Face::Bureau.client(&world.requester, Some(&officer(&world))),
    )
    .await
    .unwrap();
    let list = || {
        tokio_stream::iter([ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        }])
    };
    let status = ServerReflectionClient::new(partner.clone())
        .server_reflection_info(list())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(raw::reason_of(&status), "method_unknown");
    let mut answers = ServerReflectionClient::new(bureau.clone())
        .server_reflection_info(list())
        .await
        .unwrap()
        .into_inner();
    let services = match answers.message().await.unwrap().unwrap().message_response {
        Some(MessageResponse::ListServicesResponse(list)) => list.service,
        other => panic!("{other:?}"),
    };
    let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"symbolon.bureau.v1.BureauService"), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health"), "{names:?}");
    assert!(!names.contains(&"symbolon.partner.v1.PartnerService"), "{names:?}");

    for (channel, service) in [
        (partner.clone(), "symbolon.partner.v1.PartnerService"),
        (bureau, "symbolon.bureau.v1.BureauService"),
    ] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let health = HealthClient::new(channel).check(request).await.unwrap().into_inner();
        assert_eq!(health.status, 1, "{service}");
    }
    // The bureau face's questions are not known on the partner face.
    let mut client =
        symbolon_proto::bureau::v1::bureau_service_client::BureauServiceClient::new(partner);
    let request = symbolon_proto::bureau::v1::ListCoverageRequest {};
    let status = client.list_coverage(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(raw::reason_of(&status), "method_unknown");
    assert_goes_on(&world).await;
}
