//! Who listens on a port, as far as /proc tells.

use std::fs;
use std::path::Path;

use super::here::read;

/// Sockets in this state listen.
const LISTENS: &str = "0A";

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) name: String,
}

/// The process that listens on a port; `None`: nobody does, or it may not be seen who.
pub(super) fn on(port: u16) -> Option<Process> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let mut sockets = tables
        .iter()
        .filter_map(read)
        .filter_map(|table| socket(&table, port));
    sockets.find_map(|inode| owner(Path::new("/proc"), &inode))
}

/// The number of the socket that listens on a port, in a `/proc/net/tcp`.
fn socket(table: &str, port: u16) -> Option<String> {
    let local = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&local) && *fields.get(3)? == LISTENS;
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    })
}

/// The process that has a socket open.
fn owner(proc: &Path, inode: &str) -> Option<Process> {
    let socket = format!("socket:[{inode}]");
    for process in fs::read_dir(proc).ok()?.flatten() {
        let name = process.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let files = fs::read_dir(process.path().join("fd"));
        let mut files = files.into_iter().flatten().flatten();
        let has = files.any(|file| {
            let link = fs::read_link(file.path());
            link.is_ok_and(|link| link.as_os_str() == socket.as_str())
        });
        if has {
            let name = read(process.path().join("comm")).unwrap_or_default();
            let name = name.trim().to_owned();
            return Some(Process { id, name });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::fs::symlink;

    use super::{on, owner, socket};
    use crate::doctor::testing::Place;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 11111 1
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22222 1
   2: 00000000:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1
";

    #[test]
    fn the_socket_that_listens_is_found_in_the_table() {
        assert_eq!(socket(TABLE, 8080).as_deref(), Some("22222"));
        assert_eq!(socket(TABLE, 9000).as_deref(), Some("33333"));
        assert_eq!(socket(TABLE, 8081), None);
        assert_eq!(socket("", 8080), None);
    }

    #[test]
    fn its_process_is_found_by_its_files() {
        let place = Place::new();
        place.file("12/fd/none", "");
        place.file("13/comm", "nginx\n");
        place.file("13/fd/none", "");
        symlink("socket:[22222]", place.path("13/fd/3")).unwrap();
        place.file("self/fd/none", "");
        let found = owner(&place.path(""), "22222").unwrap();
        assert_eq!((found.id, found.name.as_str()), (13, "nginx"));
        assert_eq!(owner(&place.path(""), "33333"), None);
    }

    #[test]
    fn this_process_is_found_by_a_port_of_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let found = on(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(found.id, std::process::id());
    }
}
