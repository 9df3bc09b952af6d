#!/bin/bash
# Starts what build.sh made, within the capture's name spaces. Usage: start.sh <folder>
HOME_DIR=$(realpath "$1"); NPM=$HOME_DIR/npm; PY=$HOME_DIR/py/bin
start() { local name=$1; shift; (exec setsid "$@") >"$HOME_DIR/start-$name.log" 2>&1 </dev/null & }
cd "$NPM/next" && start next npx next start -H 127.0.0.41 -p 80
cd "$NPM/nuxt" && start nuxt env HOST=127.0.0.42 PORT=80 node .output/server/index.mjs
cd "$NPM/sveltekit" && start sveltekit env HOST=127.0.0.43 PORT=80 node build
cd "$NPM/express" && start express node server.js
cd "$NPM/nodered" && start nodered npx node-red --port 80 --userDir "$HOME_DIR/nodered" -D uiHost=127.0.0.45
cd "$HOME_DIR"
start cherrypy "$PY/python" cherry.py
start tornado "$PY/python" torn.py
start uvicorn "$PY/uvicorn" star:app --host 127.0.0.52 --port 80
start waitress "$PY/waitress-serve" --listen 127.0.0.53:80 flasks:app
start flask "$PY/flask" --app flasks run --host 127.0.0.54 --port 80
start datasette "$PY/datasette" serve --memory -h 127.0.0.56 -p 80
start jupyterlab "$PY/jupyter-lab" --ServerApp.allow_remote_access=True --allow-root --no-browser --ip=127.0.0.57 --port=80
start streamlit "$PY/streamlit" run --server.address 127.0.0.58 --server.port 80 --server.headless true flasks.py
cd "$HOME_DIR/wagtail" && start wagtail "$PY/python" manage.py runserver 127.0.0.59:80 --noreload
wait
