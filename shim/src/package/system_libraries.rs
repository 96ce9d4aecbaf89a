//! The libraries of Lambda's systems.
//!
//! `provided.al2023` is made from the minimal container image of Amazon Linux 2023 (AWS Compute Blog,
//! "Introducing the Amazon Linux 2023 runtime for AWS Lambda"; Amazon Linux 2023 User Guide, "Using
//! AL2023 in AWS Lambda"). What lies in `/usr/lib64` of the base images was listed from them by the
//! project Bref (`brefphp/aws-lambda-layers`, `utils/lib-copy` and `utils/lib-check`); the lists below
//! have what may be linked with, in the versions that both processors have.
//!
//! glibc and the compilers' own libraries are what the runtimes are there for. The rest is there
//! because the package manager, curl and gnupg of the image need it.

/// Parts of glibc, on every system.
pub(super) const GLIBC: &[&str] = &[
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Parts of Amazon Linux 2023 beside glibc.
pub(super) const AL2023: &[&str] = &["libgcc_s.so.1", "libstdc++.so.6"];

/// Parts of Amazon Linux 2 beside those of glibc that both have.
pub(super) const AL2: &[&str] = &[
    "libcrypt.so.1",
    "libgcc_s.so.1",
    "libnsl.so.1",
    "libstdc++.so.6",
];

/// What the tools of Amazon Linux 2023 need.
pub(super) const AL2023_TOOLS: &[&str] = &[
    "libacl.so.1",
    "libarchive.so.13",
    "libattr.so.1",
    "libblkid.so.1",
    "libbz2.so.1",
    "libcap.so.2",
    "libcom_err.so.2",
    "libcrypto.so.3",
    "libcurl.so.4",
    "libffi.so.8",
    "libgcrypt.so.20",
    "libglib-2.0.so.0",
    "libgmp.so.10",
    "libgpg-error.so.0",
    "libgssapi_krb5.so.2",
    "libidn2.so.0",
    "libjson-c.so.5",
    "libk5crypto.so.3",
    "libkeyutils.so.1",
    "libkrb5.so.3",
    "liblz4.so.1",
    "liblzma.so.5",
    "libmagic.so.1",
    "libmount.so.1",
    "libmpfr.so.6",
    "libncurses.so.6",
    "libncursesw.so.6",
    "libnghttp2.so.14",
    "libp11-kit.so.0",
    "libpcre2-8.so.0",
    "libreadline.so.8",
    "libselinux.so.1",
    "libsqlite3.so.0",
    "libssl.so.3",
    "libtinfo.so.6",
    "libunistring.so.2",
    "libuuid.so.1",
    "libxml2.so.2",
    "libyaml-0.so.2",
    "libz.so.1",
    "libzstd.so.1",
];

/// What the tools of Amazon Linux 2 need.
pub(super) const AL2_TOOLS: &[&str] = &[
    "libacl.so.1",
    "libattr.so.1",
    "libbz2.so.1",
    "libcap.so.2",
    "libcom_err.so.2",
    "libcrypto.so.10",
    "libcurl.so.4",
    "libelf.so.1",
    "libffi.so.6",
    "libgmp.so.10",
    "libgssapi_krb5.so.2",
    "libidn2.so.0",
    "libk5crypto.so.3",
    "libkeyutils.so.1",
    "libkrb5.so.3",
    "libldap-2.4.so.2",
    "liblzma.so.5",
    "libncurses.so.6",
    "libncursesw.so.6",
    "libnghttp2.so.14",
    "libp11-kit.so.0",
    "libpcre.so.1",
    "libreadline.so.6",
    "libsasl2.so.3",
    "libselinux.so.1",
    "libsqlite3.so.0",
    "libssh2.so.1",
    "libssl.so.10",
    "libtinfo.so.6",
    "libunistring.so.0",
    "libuuid.so.1",
    "libxml2.so.2",
    "libz.so.1",
];
