//! What tells machines apart.

use std::{env, fs, sync::OnceLock};

/// This machine, for owners of a store on a shared disk or a server. After a reboot it is another one; then the leases of before have run out.
pub(in crate::db) fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
        // Elsewhere its name has to do.
        let name = || ["COMPUTERNAME", "HOSTNAME", "HOST"].iter().find_map(|name| env::var(name).ok());
        boot.ok().or_else(name).map(|name| name.trim().to_owned()).unwrap_or_default()
    })
}
