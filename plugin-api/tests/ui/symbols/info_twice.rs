//~ `shim_info` is already defined
plugin_api::info! { "team": "checkout" }

mod other {
    plugin_api::info! { "tier": 2 }
}

fn main() {}
