#!/bin/bash
# Small sites made with the site generators and frameworks of npm and PyPI. Usage: build.sh <folder>
# Static ones end in <folder>/static/<name>, to be served by nginx; the others are started by start.sh.
set -u
HOME_DIR=$(realpath "$1"); NPM=$HOME_DIR/npm; OUT=$HOME_DIR/static; PY=$HOME_DIR/py/bin
mkdir -p "$NPM" "$OUT"
export NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 CI=1

project() { # name, packages: enters its folder
    mkdir -p "$NPM/$1" && cd "$NPM/$1" || return 1
    [ -f package.json ] || echo '{"private":true,"type":"module"}' >package.json
    [ -d node_modules ] || timeout 300 npm install --no-audit --no-fund --loglevel=error "${@:2}"
}
step() { echo "-- $1"; ("$@") >"$HOME_DIR/build-$1.log" 2>&1 </dev/null || echo "   $1 failed, see build-$1.log"; }

eleventy() {
    project eleventy @11ty/eleventy
    mkdir -p src
    printf -- '---\ntitle: Atelier\n---\n<!doctype html><html><head><meta name="generator" content="{{ eleventy.generator }}"><title>Atelier</title></head><body><h1>Escaliers</h1></body></html>' >src/index.liquid
    npx eleventy --input=src --output="$OUT/eleventy"
}
hexo() {
    project hexo hexo hexo-theme-landscape hexo-generator-index hexo-renderer-ejs hexo-renderer-marked hexo-renderer-stylus
    sed -i 's/,"type":"module"//' package.json
    grep -q '"hexo":{' package.json || sed -i 's/{"private":true/{"hexo":{"version":""},"private":true/' package.json
    npm pkg set hexo.version="$(node -p 'require("./node_modules/hexo/package.json").version')"
    printf 'title: Atelier\nurl: http://hexo.test\ntheme: landscape\npublic_dir: public\nsource_dir: source\n' >_config.yml
    mkdir -p source/_posts; printf -- '---\ntitle: Escaliers\ndate: 2026-01-01\n---\nSur mesure.\n' >source/_posts/a.md
    npx hexo generate && cp -rT public "$OUT/hexo"
}
vitepress() {
    project vitepress vitepress
    printf -- '---\ntitle: Atelier\n---\n# Escaliers\n' >index.md
    npx vitepress build . && cp -rT .vitepress/dist "$OUT/vitepress"
}
astro() {
    project astro astro@5
    mkdir -p src/pages
    printf -- '---\n---\n<html lang="fr"><head><meta name="generator" content={Astro.generator}><title>Atelier</title></head><body><h1>Escaliers</h1><style>h1 { color: teal; }</style><script>console.log("bois");</script></body></html>' >src/pages/index.astro
    npx astro build && cp -rT dist "$OUT/astro"
}
docusaurus() {
    project docusaurus @docusaurus/core @docusaurus/preset-classic react react-dom
    sed -i 's/,"type":"module"//' package.json
    printf 'module.exports = { title: "Atelier", url: "http://docusaurus.test", baseUrl: "/", presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]] };' >docusaurus.config.js
    mkdir -p docs; printf -- '---\nslug: /\n---\n# Escaliers\n' >docs/index.md
    npx docusaurus build --out-dir "$OUT/docusaurus"
}
nuxt() {
    project nuxt nuxt
    printf 'export default defineNuxtConfig({ telemetry: false, compatibilityDate: "2025-01-01" })' >nuxt.config.ts
    printf '<template><h1>Escaliers</h1></template>' >app.vue
    npx nuxt build
}
next() {
    project next next react react-dom
    sed -i 's/,"type":"module"//' package.json
    mkdir -p app
    printf 'export default function Layout({ children }) { return <html lang="fr"><body>{children}</body></html>; }' >app/layout.jsx
    printf 'export const metadata = { title: "Atelier" };\nexport const dynamic = "force-dynamic";\nexport default function Page() { return <h1>Escaliers</h1>; }' >app/page.jsx
    npx next build
}
sveltekit() {
    project sveltekit @sveltejs/kit@2 @sveltejs/adapter-node@5 @sveltejs/vite-plugin-svelte@5 svelte@5 vite@6
    mkdir -p src/routes
    printf 'import adapter from "@sveltejs/adapter-node";\nexport default { kit: { adapter: adapter() } };' >svelte.config.js
    printf 'import { sveltekit } from "@sveltejs/kit/vite";\nexport default { plugins: [sveltekit()] };' >vite.config.js
    printf '<!doctype html><html lang="fr"><head>%%sveltekit.head%%</head><body data-sveltekit-preload-data="hover"><div style="display: contents">%%sveltekit.body%%</div></body></html>' >src/app.html
    printf '<svelte:head><title>Atelier</title></svelte:head><h1>Escaliers</h1>' >src/routes/+page.svelte
    npx svelte-kit sync; npx vite build
}
express() {
    project express express
    printf 'import express from "express";\nconst app = express();\napp.get("/", (_, answer) => answer.send("<!doctype html><title>Atelier</title><h1>Escaliers</h1>"));\napp.listen(80, "127.0.0.44");' >server.js
}
nodered() { project nodered node-red; }

pypi() {
    [ -x "$PY/python" ] || { uv venv "$HOME_DIR/py" || python3 -m venv "$HOME_DIR/py"; uv pip install --python "$PY/python" -r "$(dirname "$0")/pypi.txt"; }
    cd "$HOME_DIR"
    [ -d wagtail ] || { mkdir wagtail && "$PY/wagtail" start atelier wagtail; }
    (cd wagtail && "$PY/python" manage.py migrate)
    [ -d nikola ] || "$PY/nikola" init -q nikola
    (cd nikola && printf 'Escaliers\n' | "$PY/nikola" new_post -t Escaliers - ; "$PY/nikola" build && cp -rT output "$OUT/nikola")
    printf 'import cherrypy\nclass Root:\n    @cherrypy.expose\n    def index(self):\n        return "<!doctype html><title>Atelier</title><h1>Escaliers</h1>"\ncherrypy.config.update({"server.socket_host": "127.0.0.50", "server.socket_port": 80, "tools.sessions.on": True})\ncherrypy.quickstart(Root())\n' >cherry.py
    printf 'import asyncio, tornado.web\nclass Main(tornado.web.RequestHandler):\n    def get(self):\n        self.write("<!doctype html><title>Atelier</title><h1>Escaliers</h1>")\nasync def main():\n    tornado.web.Application([("/", Main)]).listen(80, "127.0.0.51")\n    await asyncio.Event().wait()\nasyncio.run(main())\n' >torn.py
    printf 'from starlette.applications import Starlette\nfrom starlette.responses import HTMLResponse\nfrom starlette.routing import Route\nasync def home(request):\n    return HTMLResponse("<!doctype html><title>Atelier</title><h1>Escaliers</h1>")\napp = Starlette(routes=[Route("/", home)])\n' >star.py
    printf 'from flask import Flask, session\napp = Flask(__name__)\napp.secret_key = "secret"\n@app.get("/")\ndef home():\n    session["panier"] = 1\n    return "<!doctype html><title>Atelier</title><h1>Escaliers</h1>"\n' >flasks.py
}

for one in ${2:-eleventy hexo vitepress astro docusaurus nuxt next sveltekit express nodered pypi}; do step "$one"; done
