//! What it takes to name an event: the fingerprint of a stack that came as text, and of a message alone.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use shared::fingerprint::{Input, group};

/// Twelve frames of a web application, those of its framework among them.
const PYTHON: &str = r#"Traceback (most recent call last):
  File "/srv/shop/venv/lib/python3.12/site-packages/webframe/app.py", line 917, in dispatch
    response = self.handle(request)
               ^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/venv/lib/python3.12/site-packages/webframe/app.py", line 902, in handle
    return self.call(view, request)
           ^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/venv/lib/python3.12/site-packages/webframe/view.py", line 77, in call
    return view(request)
           ^^^^^^^^^^^^^
  File "/srv/shop/shop/views.py", line 16, in checkout
    return orders.place(request.basket)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/orders.py", line 40, in place
    total = price(basket)
            ^^^^^^^^^^^^^
  File "/srv/shop/shop/orders.py", line 58, in price
    return sum(line_price(line) for line in basket)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/orders.py", line 58, in <genexpr>
    return sum(line_price(line) for line in basket)
               ^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/orders.py", line 66, in line_price
    return line.count * prices.of(line.article)
                        ^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/prices.py", line 12, in of
    return self.table.lookup(article)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/prices.py", line 31, in lookup
    return self.cache.get(article, self.load)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/venv/lib/python3.12/site-packages/keep/memory.py", line 210, in get
    return self.store[key]
           ~~~~~~~~~~^^^^^
  File "/srv/shop/venv/lib/python3.12/site-packages/keep/store.py", line 44, in __getitem__
    raise KeyError(key)
KeyError: 'B-4711'
"#;

const NODE: &str = "TypeError: Cannot read properties of undefined (reading 'price')
    at lineOf (/srv/shop/dist/orders/lines.js:41:23)
    at /srv/shop/dist/orders/total.js:12:31
    at Array.map (<anonymous>)
    at totalOf (/srv/shop/dist/orders/total.js:11:18)
    at async Orders.place (/srv/shop/dist/orders/index.js:88:17)
    at async checkout (/srv/shop/dist/routes/checkout.js:30:20)
    at async Layer.handle (/srv/shop/node_modules/router/lib/layer.js:95:5)
    at async next (/srv/shop/node_modules/router/lib/route.js:149:13)
    at async Route.dispatch (/srv/shop/node_modules/router/lib/route.js:119:3)
    at async Router.process (/srv/shop/node_modules/router/index.js:284:15)
    at async Server.handle (/srv/shop/node_modules/router/index.js:646:15)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
";

const JAVA: &str = "org.example.shop.PriceMissing: no price for article 4711
\tat org.example.shop.Prices.lookup(Prices.java:31)
\tat org.example.shop.Prices.of(Prices.java:12)
\tat org.example.shop.Orders.lambda$price$0(Orders.java:66)
\tat java.base/java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:197)
\tat java.base/java.util.ArrayList$ArrayListSpliterator.forEachRemaining(ArrayList.java:1625)
\tat java.base/java.util.stream.AbstractPipeline.copyInto(AbstractPipeline.java:509)
\tat org.example.shop.Orders.price(Orders.java:58)
\tat org.example.shop.Orders.place(Orders.java:40)
\tat org.example.shop.web.Checkout.post(Checkout.java:16)
\tat jakarta.servlet.http.HttpServlet.service(HttpServlet.java:590)
\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:167)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
";

const MESSAGE: &str = "Payment 8813 of customer anna@example.org declined after 1,250 ms: insufficient funds (trace 4bf92f3577b34da6)";

fn name(criterion: &mut Criterion) {
    let mut stacks = criterion.benchmark_group("stack of twelve frames");
    for (language, stack) in [("python", PYTHON), ("node", NODE), ("java", JAVA)] {
        let is_message =
            |line: &&str| !line.starts_with([' ', '\t', 'T']) || line.contains("Error: ");
        let message = stack.lines().find(is_message).unwrap_or_default();
        let input = Input { message, stack_trace: Some(stack), ..Input::default() };
        stacks.bench_function(language, |bencher| bencher.iter(|| group(black_box(input))));
    }
    stacks.finish();
    let input = Input { message: MESSAGE, ..Input::default() };
    criterion.bench_function("message", |bencher| bencher.iter(|| group(black_box(input))));
}

criterion_group!(benches, name);
criterion_main!(benches);
