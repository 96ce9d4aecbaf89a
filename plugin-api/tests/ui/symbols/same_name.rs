//~ `shim_handler__hello` is already defined
mod first {
    #[plugin_api::handler]
    pub fn hello() {}
}

mod second {
    #[plugin_api::handler(name = "hello")]
    pub fn greet() {}
}

fn main() {
    first::hello();
    second::greet();
}
