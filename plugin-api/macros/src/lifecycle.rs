//! `#[handler]` on an `impl Handler for Type` block.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ImplItem, ItemImpl, Type};

use crate::arguments::Arguments as Given;
use crate::record::{Handler, codecs, describe, export};

/// Keeps the block and adds the type's entry.
pub(crate) fn expand(given: Given, block: ItemImpl) -> syn::Result<TokenStream> {
    let of_handler = block
        .trait_
        .as_ref()
        .is_some_and(|(_, path, _)| path.segments.last().is_some_and(|s| s.ident == "Handler"));
    if !of_handler {
        return Err(Error::new_spanned(
            &block.self_ty,
            "`#[handler]` goes on an `impl plugin_api::Handler for …` block",
        ));
    }
    if !block.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &block.generics,
            "a handler's type cannot be generic",
        ));
    }
    let handler = &*block.self_ty;
    let name = match given.name {
        Some(name) => name.value(),
        None => snake_case(&type_name(handler)?),
    };
    let event = associated(&block, "Event")?;
    let response = associated(&block, "Response")?;
    let codecs = codecs(event, response);
    let describe = describe(event, response);
    let export = export(&Handler {
        name: &name,
        errors: &given.errors,
        attributes: &block.attrs,
        entry: quote!(#handler),
        lifecycle: true,
        is_async: true,
    });

    Ok(quote! {
        #block

        const _: () = {
            #codecs

            impl __plugin_api::Entry for #handler {
                const FLAGS: u64 = __EVENT.flags | __RESPONSE.flags;
                #describe
                type Instance = <#handler as ::plugin_api::Handler>::Instance;
                type Error = ::plugin_api::Error;

                async fn init(
                    function: &'static __plugin_api::Function,
                ) -> ::core::result::Result<Self, ::plugin_api::Error> {
                    let context = __plugin_api::init_context(function);
                    <#handler as ::plugin_api::Handler>::init(&context).await
                }

                async fn start(
                    &self,
                ) -> ::core::result::Result<Self::Instance, ::plugin_api::Error> {
                    ::plugin_api::Handler::start(self).await
                }

                async fn run(
                    &self,
                    instance: ::core::result::Result<&mut Self::Instance, ::plugin_api::Error>,
                    request: __plugin_api::Request<'_>,
                ) -> ::core::result::Result<__plugin_api::Response, ::plugin_api::Error> {
                    let context = __plugin_api::context(&request);
                    let event = (__EVENT.decode)(request)?;
                    let response =
                        ::plugin_api::Handler::run(self, instance, event, context).await?;
                    (__RESPONSE.encode)(response)
                }

                async fn stop(
                    &self,
                    instance: Self::Instance,
                ) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::plugin_api::Handler::stop(self, instance).await
                }
            }
        };

        #export
    })
}

fn associated<'a>(block: &'a ItemImpl, name: &str) -> syn::Result<&'a Type> {
    let found = block.items.iter().find_map(|item| match item {
        ImplItem::Type(item) if item.ident == name => Some(&item.ty),
        _ => None,
    });
    found.ok_or_else(|| {
        Error::new_spanned(
            &block.self_ty,
            format!("`type {name} = …;` is missing in this block"),
        )
    })
}

fn type_name(ty: &Type) -> syn::Result<String> {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string()),
        _ => None,
    }
    .ok_or_else(|| Error::new_spanned(ty, "a handler's type must be a struct or an enum of yours"))
}

/// `OrderCounter` becomes `order_counter`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before_lower = false;
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            if before_lower {
                snake.push('_');
            }
            snake.push(char.to_ascii_lowercase());
        } else {
            snake.push(char);
        }
        before_lower = char.is_ascii_lowercase() || char.is_ascii_digit();
    }
    snake
}
