//~ expected a key in quotes
plugin_api::info! { team: "checkout" }

fn main() {}
