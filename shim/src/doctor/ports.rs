//! The ports that commands listen on unless told otherwise.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use super::finding::Finding;
use super::here::Here;
use super::listening::{self, Process};

/// How many ports above one are tried, to name a free one.
const TRIED: u16 = 50;

/// A port that a command listens on.
struct Port {
    number: u16,
    what: &'static str,
    state: State,
}

enum State {
    Free,
    /// By whom, if it can be told, and a free one instead.
    Taken(Option<Process>, Option<u16>),
    /// It takes a right that this user does not have.
    Forbidden,
}

/// What a port is of, and how to choose another one.
const USES: [(&str, u16, &str); 3] = [
    ("`shim serve`", 8080, "shim --port"),
    ("`shim dev`", 9000, "shim dev --port"),
    ("the admin listener", 8081, "shim --admin 127.0.0.1:"),
];

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let set = |name: &str| here.text(name)?.rsplit(':').next()?.parse().ok();
    // `0` stands for any free one.
    let set = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| set(name))
            .filter(|port| *port != 0)
    };
    let [serve, dev, admin] = USES;
    let port = set(&["SHIM_PORT", "PORT"]);
    let numbers = [
        (serve, port.unwrap_or(serve.1)),
        (dev, port.unwrap_or(dev.1)),
        (admin, set(&["SHIM_ADMIN"]).unwrap_or(admin.1)),
    ];
    let ports = numbers.map(|((what, ..), number)| Port {
        number,
        what,
        state: state(number),
    });
    judge(&ports)
}

fn state(port: u16) -> State {
    match listen(port) {
        Ok(()) => State::Free,
        Err(ErrorKind::PermissionDenied) => State::Forbidden,
        Err(_) => {
            let mut others = (1..=TRIED).filter_map(|more| port.checked_add(more));
            let other = others.find(|other| listen(*other).is_ok());
            State::Taken(listening::on(port), other)
        }
    }
}

/// Listens for a moment.
fn listen(port: u16) -> Result<(), ErrorKind> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.map(drop).map_err(|error| error.kind())
}

fn judge(ports: &[Port]) -> Vec<Finding> {
    let free = ports
        .iter()
        .filter(|port| matches!(port.state, State::Free));
    let free = free.map(|port| format!("{} ({})", port.number, port.what));
    let free = free.collect::<Vec<_>>().join(", ");
    let mut findings: Vec<_> = ports.iter().filter_map(Port::judge).collect();
    if !free.is_empty() {
        findings.insert(0, Finding::ok(format!("free: {free}")));
    }
    findings
}

impl Port {
    /// `None`: it is free.
    fn judge(&self) -> Option<Finding> {
        let Self { number, what, .. } = self;
        let known = USES.iter().find(|(name, ..)| name == what);
        let flag = known.map_or("shim --port", |(.., flag)| flag);
        let choose = |port: u16| match flag.ends_with(':') {
            true => format!("`{flag}{port}`"),
            false => format!("`{flag} {port}`"),
        };
        match &self.state {
            State::Free => None,
            State::Forbidden => Some(Finding::warn(
                format!("port {number}, of {what}, takes a right that you do not have"),
                format!("choose one above 1023: {}", choose(8080)),
            )),
            State::Taken(by, other) => {
                let whose = match by {
                    Some(Process { id, name }) => format!("{name} (process {id})"),
                    None => "another program".to_owned(),
                };
                let message = format!("port {number}, of {what}, is taken by {whose}");
                let other = other.map(|other| format!("choose another one: {}", choose(other)));
                let end = by.as_ref().map(|by| format!("end it: `kill {}`", by.id));
                let fix = [other, end].into_iter().flatten().collect::<Vec<_>>();
                Some(Finding::warn(message, fix.join("; or ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{Port, State, judge, look};
    use crate::doctor::Verdict::Warn;
    use crate::doctor::listening::Process;
    use crate::doctor::testing::{Place, expect, expect_ok};

    fn port(number: u16, what: &'static str, state: State) -> Port {
        Port {
            number,
            what,
            state,
        }
    }

    #[test]
    fn free_ports_are_one_line() {
        let ports = [
            port(8080, "`shim serve`", State::Free),
            port(9000, "`shim dev`", State::Free),
        ];
        expect_ok(
            &judge(&ports),
            "free: 8080 (`shim serve`), 9000 (`shim dev`)",
        );
    }

    #[test]
    fn who_has_a_port_is_told_with_a_free_one() {
        let by = Process {
            id: 42,
            name: "nginx".to_owned(),
        };
        let taken = port(
            8081,
            "the admin listener",
            State::Taken(Some(by), Some(8082)),
        );
        expect(
            &judge(&[taken]),
            Warn,
            "port 8081, of the admin listener, is taken by nginx (process 42)",
            "choose another one: `shim --admin 127.0.0.1:8082`; or end it: `kill 42`",
        );
        let taken = port(9000, "`shim dev`", State::Taken(None, Some(9001)));
        expect(
            &judge(&[taken]),
            Warn,
            "another program",
            "`shim dev --port 9001`",
        );
        let low = port(80, "`shim serve`", State::Forbidden);
        expect(&judge(&[low]), Warn, "port 80", "`shim --port 8080`");
    }

    #[test]
    fn the_ports_that_variables_name_are_tried() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let place = Place::new();
        let found = look(&place.here(&[("SHIM_ADMIN", &address.to_string())]));
        let text = format!(
            "port {}, of the admin listener, is taken by ",
            address.port()
        );
        let finding = found.iter().find(|one| one.message.starts_with(&text));
        let finding = finding.unwrap_or_else(|| panic!("{found:#?}"));
        let kill = format!("`kill {}`", std::process::id());
        assert!(finding.fix.as_ref().unwrap().contains(&kill), "{finding:?}");
    }
}
