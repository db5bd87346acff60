//! What a place can name: what languages hide, what imports mean, what is there for tests; and what the code left of the cursor asks for.

use longsight::context::Kind;
use longsight::context::nameable::Nameable;

use crate::context::{Place, all};

/// How much of its likelihood a definition keeps at the place; it is meant by its name and the file that it stands in.
fn factor(fixture: &str, path: &str, name: &str) -> f32 {
    let place = Place::new(fixture);
    let corpus = place.corpus(place.view());
    let file = corpus.file(path).unwrap_or_else(|| panic!("no {path}"));
    let meant = corpus.defined(corpus.name(name).unwrap()).iter().map(|number| &corpus.symbols[*number as usize]);
    let symbol = meant.into_iter().find(|symbol| symbol.file == file).unwrap_or_else(|| panic!("no {name} in {path}"));
    Nameable::new(&corpus, place.language().unwrap(), &place.path, false).factor(symbol)
}

const GO: &str = "
//- /go.mod
module example.org/shop/v2
//- /shop.go
package shop

func Open() {}
//- /money/money.go
package money

func Taxed() {}
func rounded() {}

type purse struct{ cents int }
//- /weather/rain.go
package weather

func Rainfall() {}
//- /cart/total.go
package cart

func sum() {}
//- /cart/cart.go
package cart

import (
	\"example.org/shop/v2\"
	\"example.org/shop/v2/money\"
)

func Total() {
	$0
}
";

const RUST: &str = "
//- /crates/money/Cargo.toml
[package]
name = \"shop-money\"
//- /crates/money/src/lib.rs
pub fn taxed() {}
fn rounded() {}
//- /crates/weather/Cargo.toml
[package]
name = \"weather\"
//- /crates/weather/src/lib.rs
pub fn rainfall() {}
//- /crates/cart/Cargo.toml
[package]
name = \"cart\"
//- /crates/cart/src/lib.rs
mod total;
fn shared() {}
macro_rules! each { () => {} }
//- /crates/cart/src/sum.rs
fn secret() {}
pub fn open() { fn inner() {} }
pub(crate) struct Sum { private: u8, pub public: u8 }
pub enum Mode { Fast }
//- /crates/cart/src/total.rs
use shop_money::taxed;

fn total() {
    $0
}
";

const SCRIPT: &str = "
//- /src/money.ts
export const taxed = () => 1;
const rounded = () => 2;
function listed() {}
export default class Purse { cents() {} }
export {
  listed,
};
//- /src/old.js
function handedOn() {}
function kept() {}
module.exports = { handedOn };
//- /src/script.js
function everywhere() {}
//- /src/cart.ts
import { taxed } from './money';
export function total() {
  $0
}
";

const JAVA: &str = "
//- /src/main/java/shop/Money.java
package shop;
public class Money { int cents; public int dollars; private void rounded() {} }
class Purse {}
//- /src/main/java/weather/Rain.java
package weather;
public class Rain { void fall() {} public void stop() {} }
class Cloud {}
//- /src/main/java/shop/Cart.java
package shop;
public class Cart {
    void total() {
        $0
    }
}
";

const C: &str = "
//- /money.c
static int rounded(int cents) { return cents; }
int taxed(int cents) { return cents; }
//- /money.h
static inline int shown(int cents) { return cents; }
//- /cart.c
#include \"money.h\"
int total(void) {
    $0
}
";

#[test]
fn what_a_language_hides_from_the_place_is_lowered() {
    for (fixture, path, name, seen) in [
        (GO, "money/money.go", "Taxed", true),
        (GO, "money/money.go", "rounded", false),
        (GO, "money/money.go", "cents", false),
        (GO, "cart/total.go", "sum", true),
        (GO, "weather/rain.go", "Rainfall", false),
        (GO, "shop.go", "Open", true),
        (RUST, "crates/money/src/lib.rs", "taxed", true),
        (RUST, "crates/money/src/lib.rs", "rounded", false),
        (RUST, "crates/weather/src/lib.rs", "rainfall", false),
        (RUST, "crates/cart/src/lib.rs", "shared", true),
        (RUST, "crates/cart/src/lib.rs", "each", true),
        (RUST, "crates/cart/src/sum.rs", "secret", false),
        (RUST, "crates/cart/src/sum.rs", "open", true),
        (RUST, "crates/cart/src/sum.rs", "inner", false),
        (RUST, "crates/cart/src/sum.rs", "Sum", true),
        (RUST, "crates/cart/src/sum.rs", "private", false),
        (RUST, "crates/cart/src/sum.rs", "public", true),
        (RUST, "crates/cart/src/sum.rs", "Fast", true),
        (SCRIPT, "src/money.ts", "taxed", true),
        (SCRIPT, "src/money.ts", "rounded", false),
        (SCRIPT, "src/money.ts", "listed", true),
        (SCRIPT, "src/money.ts", "Purse", true),
        (SCRIPT, "src/money.ts", "cents", true),
        (SCRIPT, "src/old.js", "handedOn", true),
        (SCRIPT, "src/old.js", "kept", false),
        (SCRIPT, "src/script.js", "everywhere", true),
        (JAVA, "src/main/java/shop/Money.java", "cents", true),
        (JAVA, "src/main/java/shop/Money.java", "Purse", true),
        (JAVA, "src/main/java/weather/Rain.java", "Rain", true),
        (JAVA, "src/main/java/weather/Rain.java", "stop", true),
        (JAVA, "src/main/java/weather/Rain.java", "fall", false),
        (JAVA, "src/main/java/weather/Rain.java", "Cloud", false),
        (C, "money.c", "taxed", true),
        (C, "money.c", "rounded", false),
        (C, "money.h", "shown", true),
    ] {
        assert_eq!(factor(fixture, path, name) == 1.0, seen, "{name} of {path}: {}", factor(fixture, path, name));
    }
}

#[test]
fn tests_in_the_mirror_of_a_package_see_what_it_hides() {
    let fixture = "
//- /src/main/java/shop/Money.java
package shop;
class Purse {}
//- /src/test/java/shop/MoneyTest.java
package shop;
class MoneyTest {
    void counts() {
        $0
    }
}
";
    assert_eq!(factor(fixture, "src/main/java/shop/Money.java", "Purse"), 1.0);
}

#[test]
fn an_imported_name_is_that_of_the_file_it_comes_from() {
    let rust = "
//- /errors/Cargo.toml
[package]
name = \"errors\"
//- /errors/src/lib.rs
pub struct Failure;
//- /links/Cargo.toml
[package]
name = \"links\"
//- /links/src/lib.rs
pub struct Failure;
pub struct HashMap;
//- /site/Cargo.toml
[package]
name = \"site\"
//- /site/src/error.rs
pub struct Failure;
//- /site/src/lib.rs
use std::collections::HashMap;
use links as other;
use crate::error::Failure;

pub fn render() {
    $0
}
";
    let python = "
//- /shop/__init__.py
from .money import taxed
//- /shop/money.py
def taxed(): ...
def rounded(): ...
//- /shop/weather.py
def taxed(): ...
def rounded(): ...
class Thread: ...
//- /shop/cart.py
from shop import taxed
from .money import rounded as round_up
from threading import Thread

def total():
    $0
";
    for (fixture, path, name, meant) in [
        (rust, "site/src/error.rs", "Failure", true),
        (rust, "links/src/lib.rs", "Failure", false),
        (rust, "links/src/lib.rs", "HashMap", false),
        (python, "shop/money.py", "taxed", true),
        (python, "shop/weather.py", "taxed", false),
        (python, "shop/money.py", "rounded", true),
        (python, "shop/weather.py", "Thread", false),
    ] {
        assert_eq!(factor(fixture, path, name) == 1.0, meant, "{name} of {path}: {}", factor(fixture, path, name));
    }
}

#[test]
fn inline_tests_are_for_tests() {
    let fixture = |at: &str| {
        let place = |here: &str| if at == here { "$0" } else { "" };
        format!(
            "
//- /src/money.rs
pub fn taxed() {{}}

#[cfg(test)]
mod tests {{
    pub fn purse_for_tests() {{}}
}}
//- /src/cart.rs
pub fn total() {{
    {}
}}

#[cfg(test)]
mod checks {{
    #[test]
    fn sums_up() {{
        {}
    }}
}}
",
            place("code"),
            place("test")
        )
    };
    assert!(factor(&fixture("code"), "src/money.rs", "purse_for_tests") < 1.0);
    assert_eq!(factor(&fixture("code"), "src/money.rs", "taxed"), 1.0);
    let pack = |at: &str| {
        let place = Place::new(&fixture(at));
        all(&place.pack(&place.corpus(place.view()), 20))
    };
    assert!(!pack("code").contains("purse_for_tests"), "{}", pack("code"));
}

#[test]
fn code_quotes_code_before_tests() {
    let body = "
    for entry in entries {
        let amount = entry.amount_in_cents();
        let label = entry.label_for_print();
        writer.begin_row(label);
";
    let ledger =
        format!("pub fn write_totals(writer: &mut Writer, entries: &[Entry]) {{{body}        writer.put_money(amount);\n    }}\n}}\n");
    let test = format!(
        "#[cfg(test)]\nmod tests {{\n    #[test]\n    fn writes(writer: &mut Writer, entries: &[Entry]) {{{body}    }}\n    }}\n}}\n"
    );
    let taxes = format!("pub fn write_taxes(writer: &mut Writer, entries: &[Entry]) {{{body}        $0\n    }}\n}}\n");
    let place = Place::new(&format!("\n//- /src/a.rs\n{test}//- /src/ledger.rs\n{ledger}//- /src/taxes.rs\n{taxes}"));
    let pack = place.pack(&place.corpus(place.view()), 400);
    let passage = pack.parts.iter().find(|part| part.kind == Kind::Passage).map(|part| &*part.path);
    assert_eq!(passage, Some("src/ledger.rs"), "{:?}", pack.parts);
}

/// Files that fill a small pack with what is used everywhere, in front of a case.
fn crowd(extension: &str, line: impl Fn(usize) -> String) -> String {
    (0..12).map(|at| format!("//- /src/crowd{at}.{extension}\n{}\n", line(at))).collect()
}

#[test]
fn what_stands_left_of_the_cursor_brings_its_members() {
    let rust = crowd("rs", |at| format!("pub fn page_of_site_{at}(page: &Page, site: &Site) -> Page {{\n    todo!()\n}}"));
    let rust = |body: &str| {
        format!(
            "\n{rust}//- /src/meta.rs
pub struct Front {{
    pub permalink: String,
}}

impl Front {{
    pub fn shortened(&self) -> Front {{ todo!() }}
}}
//- /src/sitemap.rs
pub fn find_entries() {{}}
//- /src/page.rs
use crate::meta::Front;

pub struct Page {{
    pub meta: Front,
}}

pub fn load_front(path: &str) -> Front {{ todo!() }}
//- /src/site.rs
use crate::page::{{Page, load_front}};
mod sitemap;

pub struct Site {{
    front: Front,
}}

impl Site {{
    pub fn render_page(&self, page: &Page) {{
        {body}
    }}
}}
"
        )
    };
    let python = |head: &str, body: &str| {
        let crowd = crowd("py", |at| format!("def header_of_request_{at}(request: Request, app: Application) -> Request:\n    pass"));
        format!(
            "\n{crowd}//- /src/hdrs.py\nACCEPT_RANGES = 'Accept-Ranges'\n\ndef etag_of(text):\n    pass\n//- /src/app.py\n{head}\n\nclass Application:\n    def handle(self, request: Request) -> Request:\n        {body}\n"
        )
    };
    let script = |head: &str, body: &str| {
        let crowd = crowd("ts", |at| format!("export function contextOfRequest{at}(context: Context, request: Request): Context {{}}"));
        format!(
            "\n{crowd}//- /src/request.ts\nexport class HonoRequest {{\n  headerOf(name: string): string {{}}\n}}\n//- /src/context.ts\nimport {{ HonoRequest }} from './request'\nexport class Context {{\n  get req(): HonoRequest {{}}\n}}\n//- /src/etag.ts\n{head}\nexport const probe = (c: Context) => {{\n  {body}\n}}\n"
        )
    };
    let go = |body: &str| {
        let crowd = crowd("go", |at| format!("package src\n\nfunc HandlerOfServer{at}(server Server, handler Handler) Handler {{\n}}"));
        format!(
            "\n{crowd}//- /go.mod\nmodule example.org/web/v2\n//- /replacer.go\npackage web\n\ntype Replacer struct{{}}\n\nfunc NewReplacer() *Replacer {{\n}}\n\nfunc (r *Replacer) ReplaceKnown(input string) string {{\n}}\n//- /src/serve.go\npackage src\n\nimport \"example.org/web/v2\"\n\nfunc Serve(server Server, handler Handler) {{\n\t{body}\n}}\n"
        )
    };
    for (fixture, wanted) in [
        (rust("page.meta.$0"), "pub permalink: String,"),
        (rust("self.front.$0"), "pub permalink: String,"),
        (rust("let front = load_front(\"a\");\n        front.$0"), "pub fn shortened(&self)"),
        (rust("page.meta.shortened()\n            .perm$0"), "pub permalink: String,"),
        (rust("sitemap::$0"), "pub fn find_entries()"),
        (python("from . import hdrs", "hdrs.$0"), "ACCEPT_RANGES = "),
        (python("from .hdrs import $0", "pass"), "def etag_of(text):"),
        (script("import { Context } from './context'", "c.req.$0"), "headerOf(name: string): string"),
        (script("import { $0 } from './request'", ""), "export class HonoRequest {"),
        (go("web.$0"), "func NewReplacer() *Replacer {"),
        (go("repl := web.NewReplacer()\n\trepl.$0"), "ReplaceKnown(input string) string"),
    ] {
        let place = Place::new(&fixture);
        let text = all(&place.pack(&place.corpus(place.view()), 100));
        assert!(text.contains(wanted), "{wanted} is not in\n{text}\nat\n{}", place.text);
    }
}

#[test]
fn what_a_receiver_has_comes_in_while_the_head_stays() {
    let crowd = crowd("rs", |at| format!("pub fn page_of_site_{at}(page: &Page, site: &Site) -> Page {{\n    todo!()\n}}"));
    let fixture = format!(
        "\n{crowd}//- /src/sitemap.rs\npub fn find_entries() {{}}\n//- /src/site.rs\nmod sitemap;\n\npub fn render(page: &Page, site: &Site) {{\n    $0\n}}\n"
    );
    let mut place = Place::new(&fixture);
    let corpus = place.corpus(place.view());
    place.pack(&corpus, 200);
    place.type_in("sitemap::");
    let after = place.pack(&corpus, 200);
    assert!(all(&after).contains("pub fn find_entries()") && after.prefix_reused > 0, "{}", all(&after));
}

/// What another language defines is called from here only where it is imported, however its names read.
#[test]
fn definitions_of_another_language_come_in_by_an_import_alone() {
    const SHOP: &str = "
//- /static/uri.js
class Basket {
    totals() {}
}
function taxed(basket) {}
function normalized(basket) {}
export { Basket, taxed, normalized };
//- /static/page.js
import { Basket, taxed, normalized } from './uri.js';
normalized(taxed(new Basket()));
//- /shop/money.py
def rounded(value):
    return value
//- /shop/cart.py
from shop.money import rounded
import os

def taxed_total(basket: Basket):
    \"\"\"The basket, taxed and normalized.\"\"\"
    $0
";
    let paths = |fixture: &str| -> Vec<String> {
        let place = Place::new(fixture);
        let corpus = place.corpus(place.view());
        place.pack(&corpus, 2000).parts.iter().map(|part| part.path.to_string()).collect()
    };
    let here = paths(SHOP);
    assert!(here.iter().any(|path| path == "shop/money.py"), "{here:?}");
    assert!(!here.iter().any(|path| path.ends_with(".js")), "{here:?}");
    let bridged = paths(&SHOP.replace("import os", "from bridge import Basket"));
    assert!(bridged.iter().any(|path| path == "static/uri.js"), "{bridged:?}");
}
