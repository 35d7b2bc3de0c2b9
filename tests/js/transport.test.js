import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal, Transport, Unreachable } from "../../annotation/static/rating/transport.js";
import { offer } from "./factories.js";
import { API, lost, pageOf, refused, Server, taken } from "./server.js";

const transport = new Transport(API, "secret", "zh-hans");

test("a request says who asks, in which language, and carries no cookie", async (t) => {
  const server = Server.install(t);
  await transport.claim(2);
  const [request] = server.requests;
  assert.equal(request?.path, "claims/");
  assert.deepEqual(request?.body, { ahead: 2 });
  assert.deepEqual(request?.headers, {
    Authorization: "Rater secret",
    "Content-Type": "application/json",
    "Accept-Language": "zh-hans",
  });
  assert.equal(request?.options.method, "POST");
  assert.equal(request?.options.credentials, "omit");
});

test("each request has its own address", async (t) => {
  const server = Server.install(t);
  await transport.start({ viewport: [800, 600] });
  await transport.begin();
  await transport.pause();
  await transport.withdraw();
  await transport.renew(11);
  await transport.send("submit", 11, { revises: false });
  await transport.send("skip", 12, { reason: "broken" });
  await transport.messages();
  await transport.markRead(3);
  await transport.report("The third image is missing.", 11);
  assert.deepEqual(
    server.requests.map(({ path, body }) => [path, body]),
    [
      ["session/", { consent: true, client: { viewport: [800, 600] } }],
      ["session/begin/", {}],
      ["session/pause/", {}],
      ["session/withdraw/", {}],
      ["trials/11/renew/", {}],
      ["trials/11/submit/", { revises: false }],
      ["trials/12/skip/", { reason: "broken" }],
      ["messages/unread/", {}],
      ["messages/read/", { up_to: 3 }],
      ["messages/", { text: "The third image is missing.", trial: 11 }],
    ],
  );
});

test("a reply is what the server said, or null if it said nothing", async (t) => {
  Server.install(t, taken({ rest_seconds: 30 }), () => new Response(null, { status: 204 }));
  assert.deepEqual(await transport.claim(2), offer([], { rest_seconds: 30 }));
  assert.equal(await transport.pause(), null);
});

test("a refusal keeps its status, its code and the server's words", async (t) => {
  Server.install(t, refused(409, "lease_lost", "The image went to others."));
  await assert.rejects(transport.renew(11), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual(
      [error.status, error.code, error.message],
      [409, "lease_lost", "The image went to others."],
    );
    return true;
  });
});

test("an error page of a proxy is a refusal without a code", async (t) => {
  Server.install(t, pageOf(502));
  await assert.rejects(transport.claim(2), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.status, error.code, error.message], [502, "", ""]);
    return true;
  });
});

test("a login page instead of a reply means that the server was not reached", async (t) => {
  Server.install(t, pageOf(200), lost);
  await assert.rejects(transport.claim(2), Unreachable);
  await assert.rejects(transport.claim(2), Unreachable);
});

test("releasing outlives the page and waits for nothing", async (t) => {
  const server = Server.install(t, lost);
  assert.equal(transport.release(), undefined);
  const [request] = server.requests;
  assert.equal(request?.path, "session/release/");
  assert.equal(request?.options.keepalive, true);
  assert.equal(request?.options.signal, undefined);
});
