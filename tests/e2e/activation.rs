//! Sockets and notifications of systemd: a parent of the tests' own passes a socket as systemd does,
//! and so does `systemd-socket-activate`, where it is installed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use shim_testkit::{Command, Log, PATIENCE, Program, Signal, TempDir, eventually};

use crate::{Toml, behaviours, serve, shim};

const ACTIVATE: &str = "/usr/bin/systemd-socket-activate";
const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\
    connection: close\r\n\r\nhello";

/// A command line that says nothing of an address.
fn echo() -> Command {
    let plugin = behaviours();
    shim().command().arg("--plugin", plugin).handler("echo")
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A request that is sent at once, whoever may answer it.
fn ask(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(REQUEST).unwrap();
    stream
}

#[track_caller]
fn expect_echo(mut stream: impl std::io::Read) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
}

/// The warning that something said of an address does not count.
fn overruled(log: &Log) -> bool {
    log.level() == "WARN" && log.message().contains("does not count")
}

#[test]
fn what_arrives_before_it_is_up_and_between_two_is_answered() {
    let (listener, address) = listener();
    let early = ask(address);
    let first = echo().pass(listener.try_clone().unwrap(), None).start();
    assert_eq!(first.address(), address);
    expect_echo(early);
    first.reload();
    first.post("/", "x").expect_body("x");
    first.stop();
    assert!(!first.logs().iter().any(overruled), "{}", first.said());

    let between = ask(address);
    let second = echo().pass(listener, None).start();
    expect_echo(between);
    second.stop();
}

#[test]
fn an_address_that_is_given_too_does_not_count_and_is_told() {
    let (listener, address) = listener();
    let toml = Toml::of(&[("echo", "echo", "")]);
    let config = format!(
        "port = 1\n{}",
        std::fs::read_to_string(toml.path("shim.toml")).unwrap()
    );
    toml.write(&config);
    let command = shim().command().arg("--host", "192.0.2.1");
    let command = command.arg("--config", toml.path("shim.toml"));
    let shim = command.pass(listener, Some("http")).start();
    assert_eq!(shim.address(), address);
    let told = shim.wait_for_log("what does not count", overruled);
    assert!(told.message().contains("--host, port in "), "{told:?}");
}

#[test]
fn sockets_for_another_process_are_left_alone() {
    let (listener, passed) = listener();
    let shim = serve("echo")
        .pass(listener, None)
        .env("LISTEN_FDS", "")
        .start();
    assert_ne!(shim.address(), passed);
    // As a child of an activated process finds them.
    let others = serve("echo").env("LISTEN_PID", "1").env("LISTEN_FDS", "1");
    others.start().post("/", "x").expect_body("x");
}

#[test]
fn a_socket_named_admin_is_the_admin_listeners() {
    let (listener, address) = listener();
    let shim = serve("echo").pass(listener, Some("admin")).start();
    assert_eq!(shim.admin(), address);
    assert_ne!(shim.address(), address);
    shim.get_admin("/ready").expect_status(200);
    shim.post("/", "x").expect_body("x");
}

#[test]
fn a_unix_socket_is_served_and_its_file_stays() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shim.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut early = UnixStream::connect(&path).unwrap();
    early.write_all(REQUEST).unwrap();
    let shim = echo().pass(listener, None).spawn();
    expect_echo(early);
    shim.wait_for_message(&format!("serving http://unix:{}", path.display()));
    // Whoever may open the file is on this machine, so the Invoke API is there, too.
    let mut call = UnixStream::connect(&path).unwrap();
    call.write_all(
        b"POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nhost: h\r\n\
          content-length: 0\r\nconnection: close\r\n\r\n",
    )
    .unwrap();
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("x-amzn-requestid"), "{answer}");
    shim.stop();
    assert!(path.exists());
}

#[test]
fn what_cannot_be_served_on_is_told() {
    let (listener, address) = listener();
    let connection = TcpStream::connect(address).unwrap();
    let wrong: [(OwnedFd, &str); 3] = [
        (
            File::open("/dev/null").unwrap().into(),
            "it is no socket; expected a listening stream socket",
        ),
        (
            UdpSocket::bind("127.0.0.1:0").unwrap().into(),
            "it is no stream socket",
        ),
        (connection.into(), "it does not listen"),
    ];
    for (descriptor, message) in wrong {
        let refused = echo().pass(descriptor, Some("http")).run();
        refused
            .expect_code(78)
            .expect_stderr("cannot serve on descriptor 3 (`http` in LISTEN_FDNAMES)")
            .expect_stderr(message);
    }
    for (count, message) in [
        ("2", "LISTEN_FDS promises descriptor 4, and it is not open"),
        ("3", "LISTEN_FDS=3: expected 1 socket, or 2"),
        ("two", "LISTEN_FDS=two: expected two numbers"),
    ] {
        let listener = listener.try_clone().unwrap();
        let refused = echo().pass(listener, None).env("LISTEN_FDS", count).run();
        refused.expect_code(78).expect_stderr(message);
    }
}

#[test]
fn the_invoke_api_is_not_opened_to_a_network_by_a_socket() {
    let listener = || TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = echo().arg("--host", "127.0.0.1").pass(listener(), None);
    refused
        .run()
        .expect_code(78)
        .expect_stderr("would be open to everybody who can reach 0.0.0.0");
    let allowed = echo().word("--allow-unauthenticated");
    let shim = allowed.pass(listener(), None).start();
    assert!(shim.address().ip().is_unspecified());
}

#[test]
fn the_supervisor_is_told_of_start_reload_and_stop() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    supervisor.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut datagram = [0; 1024];
        let length = supervisor.recv(&mut datagram).unwrap();
        String::from_utf8(datagram[..length].to_vec()).unwrap()
    };
    let toml = Toml::of(&[("echo", "echo", "")]);
    let shim = toml.serve().env("NOTIFY_SOCKET", &path).start();
    let ready = heard();
    let status = format!("READY=1\nSTATUS=serving http://{}", shim.address());
    assert_eq!(ready, status);

    shim.reload();
    let reloading = heard();
    let since = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
    since.unwrap().parse::<u64>().unwrap();
    assert_eq!(heard(), "READY=1\nSTATUS=reloaded");

    toml.write("nonsense");
    shim.signal(Signal::HUP);
    assert!(heard().starts_with("RELOADING=1\n"));
    let failed = heard();
    assert!(
        failed.starts_with("READY=1\nSTATUS=nothing was reloaded: "),
        "{failed}"
    );
    shim.stop();
    assert!(heard().starts_with("STOPPING=1\n"));
}

#[test]
fn a_supervisor_that_has_gone_is_no_reason_to_fail() {
    let shim = serve("echo").env("NOTIFY_SOCKET", "/nowhere/notify");
    let shim = shim.start();
    shim.wait_for_message("cannot tell the state to NOTIFY_SOCKET");
    shim.stop();
}

/// Starts `systemd-socket-activate` with these options; it becomes the shim at the first connection.
fn activate(options: &[&str]) -> Option<shim_testkit::Shim> {
    if !Path::new(ACTIVATE).exists() {
        eprintln!("skipped: {ACTIVATE} is not installed");
        return None;
    }
    let command = Program::at(Path::new(ACTIVATE)).command().words(options);
    let command = command.word(env!("CARGO_BIN_EXE_shim"));
    let plugin = behaviours();
    let command = command.arg("--plugin", plugin).handler("echo");
    Some(command.spawn())
}

/// Ports that are free now.
fn free_ports() -> [String; 2] {
    [listener(), listener()].map(|(_, address)| address.to_string())
}

#[test]
fn systemd_starts_it_with_the_first_request() {
    let [http, admin] = free_ports();
    let options = ["-l", &admin, "-l", &http, "--fdname=admin:http"];
    let Some(shim) = activate(&options) else {
        return;
    };
    let http: SocketAddr = http.parse().unwrap();
    eventually("systemd listens", || TcpStream::connect(http).ok());
    expect_echo(ask(http));
    assert_eq!(shim.address(), http);
    assert_eq!(shim.admin().to_string(), admin);
    shim.get_admin("/ready").expect_status(200);
    shim.stop();
}

#[test]
fn systemd_may_listen_at_a_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shim.sock");
    let Some(shim) = activate(&["-l", path.to_str().unwrap()]) else {
        return;
    };
    let mut stream = eventually("systemd listens", || UnixStream::connect(&path).ok());
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(REQUEST).unwrap();
    expect_echo(stream);
    shim.stop();
}
