// A small SCIM service on scimmy-routers, which keeps people and groups in memory.
//
//     node server.mjs PORT TOKEN
//
// Two of them are started, one as the portal and one as Jhana. As the libraries' own examples do,
// the handlers store what SCIMMY has validated; what is refused or dropped is SCIMMY's decision.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);

// Declares a resource type whose resources live in a map; `unique` names what may exist once.
function declare(Resource, unique) {
    const stored = new Map();
    const taken = new Map();
    const key = (value) => String(value).toLowerCase();
    SCIMMY.Resources.declare(Resource)
        .ingress((resource, instance) => {
            const id = resource.id ?? randomUUID();
            const before = stored.get(id);
            if (resource.id && !before) throw new SCIMMY.Types.Error(404, null, `${id} not found`);
            if (unique) {
                const owner = taken.get(key(instance[unique]));
                if (owner && owner !== id) {
                    throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
                }
                if (before) taken.delete(key(before[unique]));
                taken.set(key(instance[unique]), id);
            }
            const now = new Date();
            const meta = { created: before?.meta?.created ?? now, lastModified: now };
            const kept = { ...JSON.parse(JSON.stringify(instance)), id, meta };
            stored.set(id, kept);
            return kept;
        })
        .egress((resource) => {
            if (!resource.id) {
                const everything = [...stored.values()];
                return resource.filter ? resource.filter.match(everything) : everything;
            }
            if (!stored.has(resource.id)) {
                throw new SCIMMY.Types.Error(404, null, `${resource.id} not found`);
            }
            return stored.get(resource.id);
        })
        .degress((resource) => {
            if (unique) taken.delete(key(stored.get(resource.id)?.[unique]));
            stored.delete(resource.id);
        });
}

declare(SCIMMY.Resources.User, "userName");
declare(SCIMMY.Resources.Group, null);

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("wrong token");
    },
}));
const server = app.listen(Number(port), "127.0.0.1", () => {
    console.log(`serving on http://127.0.0.1:${server.address().port}/scim/v2`);
});
