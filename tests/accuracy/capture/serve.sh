#!/bin/bash
# Configures and starts everything of packages.txt. Runs as root inside the chroot that install.sh made,
# in name spaces of its own (capture.sh): every server may have port 80, and all end with the last process.
# The addresses are those of sites.toml.
set -u
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
LOG=/var/log/capture
mkdir -p $LOG /srv/site /run/php /run/mysqld /run/lock/apache2
cd /srv/site

# Each program has a log of its own and none may stop the others: what did not come up is missing in pages/.
step() { echo "-- $1"; ("$@") >"$LOG/$1.log" 2>&1 </dev/null || echo "   $1 failed, see $LOG/$1.log"; }
start() { local name=$1; shift; (exec setsid "$@") >"$LOG/$name.log" 2>&1 </dev/null & }

vhost() { # name, document root, further directives
    cat >"/etc/apache2/sites-enabled/$1.conf" <<CONF
<VirtualHost *:80>
    ServerName $1.test
    DocumentRoot $2
    <Directory $2>
        Options FollowSymLinks ExecCGI
        AllowOverride None
        Require all granted
        DirectoryIndex index.php index.html index.cgi
    </Directory>
    ${3:-}
</VirtualHost>
CONF
}

database() { mysql -e "CREATE DATABASE IF NOT EXISTS $1 CHARACTER SET utf8mb4; GRANT ALL ON $1.* TO '$1'@'localhost' IDENTIFIED BY 'secret'"; }

mariadb() {
    chown mysql: /run/mysqld
    setsid mysqld_safe --skip-networking >/dev/null 2>&1 </dev/null &
    for _ in $(seq 300); do mysqladmin ping >/dev/null 2>&1 && return; sleep 0.1; done
    return 1
}

# --- PHP applications

wordpress() {
    database wordpress
    cat >/etc/wordpress/config-default.php <<'PHP'
<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'wordpress'); define('DB_PASSWORD', 'secret'); define('DB_HOST', 'localhost');
define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']); define('WP_SITEURL', WP_HOME);
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
PHP
    chown www-data /var/lib/wordpress/wp-content
    HTTP_HOST=wordpress.test php -r '
        $_SERVER["HTTP_HOST"] = "wordpress.test"; $_SERVER["REQUEST_URI"] = "/"; $_SERVER["SERVER_PROTOCOL"] = "HTTP/1.1";
        define("WP_INSTALLING", true);
        require "/usr/share/wordpress/wp-load.php"; require ABSPATH . "wp-admin/includes/upgrade.php";
        wp_install("Menuiserie du Lac", "admin", "contact@wordpress.test", true, "", "Secret-4711");
    '
    vhost wordpress /usr/share/wordpress "ServerAlias wordpress-varnish.test wordpress-squid.test wordpress-caddy.test
    Alias /wp-content /var/lib/wordpress/wp-content
    <Directory /var/lib/wordpress/wp-content>
        Require all granted
    </Directory>"
}

mediawiki() {
    rm -rf /var/lib/mediawiki/LocalSettings.php /srv/mediawiki
    mkdir -p /srv/mediawiki
    php /var/lib/mediawiki/maintenance/install.php --dbtype sqlite --dbpath /srv/mediawiki --dbname wiki --confpath /var/lib/mediawiki \
        --scriptpath "" --server http://mediawiki.test --pass Secret-4711-Wiki --with-extensions "Atelier" Admin
    chown -R www-data /srv/mediawiki
    vhost mediawiki /var/lib/mediawiki
}

dokuwiki() {
    cat >/etc/dokuwiki/local.php <<'PHP'
<?php $conf['title'] = 'Atelier'; $conf['useacl'] = 0; $conf['savedir'] = '/var/lib/dokuwiki/data';
PHP
    vhost dokuwiki /usr/share/dokuwiki
}

roundcube() {
    mkdir -p /srv/roundcube
    sqlite3 /srv/roundcube/db </usr/share/roundcube/SQL/sqlite.initial.sql || php -r '
        (new PDO("sqlite:/srv/roundcube/db"))->exec(file_get_contents("/usr/share/roundcube/SQL/sqlite.initial.sql"));'
    chown -R www-data /srv/roundcube
    cat >/etc/roundcube/debian-db-roundcube.php <<'PHP'
<?php $config['db_dsnw'] = 'sqlite:////srv/roundcube/db?mode=0640';
PHP
    chmod 644 /etc/roundcube/*.php
    vhost roundcube /var/lib/roundcube/public_html
}

cacti() {
    database cacti
    mysql cacti </usr/share/doc/cacti/cacti.sql 2>/dev/null || zcat /usr/share/doc/cacti/cacti.sql.gz | mysql cacti
    cat >/etc/cacti/debian.php <<'PHP'
<?php
$database_type = 'mysql'; $database_default = 'cacti'; $database_hostname = 'localhost'; $database_username = 'cacti';
$database_password = 'secret'; $database_port = ''; $database_ssl = false; $url_path = '/';
PHP
    chmod 644 /etc/cacti/debian.php
    vhost cacti /usr/share/cacti/site
}

tt_rss() {
    database ttrss
    mysql ttrss </usr/share/tt-rss/schema/ttrss_schema_mysql.sql || mysql ttrss </usr/share/tt-rss/www/sql/mysql/schema.sql
    cat >/etc/tt-rss/config.php <<'PHP'
<?php
define('DB_TYPE', 'mysql'); define('DB_HOST', 'localhost'); define('DB_USER', 'ttrss'); define('DB_NAME', 'ttrss');
define('DB_PASS', 'secret'); define('DB_PORT', ''); define('MYSQL_CHARSET', 'UTF8'); define('SELF_URL_PATH', 'http://tt-rss.test/');
define('SINGLE_USER_MODE', false); define('PHP_EXECUTABLE', '/usr/bin/php'); define('LOCK_DIRECTORY', '/tmp'); define('CACHE_DIR', '/var/lib/tt-rss/cache');
define('ICONS_DIR', 'feed-icons'); define('ICONS_URL', 'feed-icons'); define('PLUGINS', 'auth_internal, note'); define('CONFIG_VERSION', 26);
define('SIMPLE_UPDATE_MODE', false); define('AUTH_AUTO_CREATE', true); define('AUTH_AUTO_LOGIN', true); define('ENABLE_REGISTRATION', false);
define('SESSION_COOKIE_LIFETIME', 86400); define('LOG_DESTINATION', ''); define('CHECK_FOR_UPDATES', false); define('FORCE_ARTICLE_PURGE', 0);
define('SPHINX_SERVER', ''); define('SMTP_FROM_NAME', ''); define('SMTP_FROM_ADDRESS', ''); define('DIGEST_SUBJECT', '');
PHP
    chmod 644 /etc/tt-rss/config.php
    vhost tt-rss /usr/share/tt-rss/www
}

# Whose first page needs no data: a login, or the set-up that every new installation begins with.
plain_php() {
    vhost icingaweb2 /usr/share/icingaweb2/public "SetEnv ICINGAWEB_CONFIGDIR /etc/icingaweb2
    <Directory /usr/share/icingaweb2/public>
        RewriteEngine on
        RewriteCond %{REQUEST_FILENAME} -s [OR]
        RewriteCond %{REQUEST_FILENAME} -d
        RewriteRule ^.*\$ - [NC,L]
        RewriteRule ^.*\$ index.php [NC,L]
    </Directory>"
    vhost shaarli /usr/share/shaarli "<Directory /usr/share/shaarli>
        RewriteEngine On
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^ index.php [QSA,L]
    </Directory>"
    vhost zabbix /usr/share/zabbix "php_value date.timezone Europe/Paris"
    vhost phpldapadmin /usr/share/phpldapadmin/htdocs
    vhost phpsysinfo /usr/share/phpsysinfo
    vhost ldap-account-manager /usr/share/ldap-account-manager
    vhost gosa /usr/share/gosa/html
    vhost simplesamlphp /usr/share/simplesamlphp/www "Alias /simplesamlphp /usr/share/simplesamlphp/www"
    mkdir -p /srv/phpinfo
    printf '<?php phpinfo();' >/srv/phpinfo/index.php
    vhost phpinfo /srv/phpinfo
    sed -i 's/^expose_php = .*/expose_php = On/' /etc/php/8.2/fpm/php.ini # as upstream has it; Debian's other files say Off
}

# --- CGI programs and what writes files

cgi() {
    mkdir -p /srv/git
    git init -q --bare /srv/git/atelier.git
    echo '$projectroot = "/srv/git";' >>/etc/gitweb.conf
    printf 'scan-path=/srv/git\nroot-title=Atelier\ncss=/cgit-css/cgit.css\nvirtual-root=/\n' >/etc/cgitrc
    vhost gitweb /usr/share/gitweb "AddHandler cgi-script .cgi
    ScriptAlias /gitweb.cgi /usr/lib/cgi-bin/gitweb.cgi
    DirectoryIndex gitweb.cgi"
    vhost cgit /usr/share/cgit "Alias /cgit-css /usr/share/cgit
    ScriptAlias / /usr/lib/cgit/cgit.cgi/
    <Directory /usr/lib/cgit>
        Require all granted
    </Directory>"
    sed 's/^SiteDomain=.*/SiteDomain="atelier.test"/; s/^LogFile=.*/LogFile="\/srv\/site\/access.log"/; s/^DirData=.*/DirData="\/srv\/site"/' \
        /etc/awstats/awstats.conf >/etc/awstats/awstats.atelier.conf
    printf '10.0.0.9 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n' >/srv/site/access.log
    perl /usr/lib/cgi-bin/awstats.pl -config=atelier -update
    vhost awstats /usr/share/awstats "ScriptAlias /awstats.pl /usr/lib/cgi-bin/awstats.pl
    Alias /awstats-icon /usr/share/awstats/icon"
    mkdir -p /srv/webalizer
    webalizer -Q -o /srv/webalizer /srv/site/access.log
    vhost webalizer /srv/webalizer
}

apache() {
    a2enmod -q rewrite cgid alias headers
    a2dismod -q mpm_event; a2enmod -q mpm_prefork php8.2
    echo 'ServerName apache.test' >/etc/apache2/conf-enabled/name.conf
    mkdir -p /srv/default
    cp /usr/share/apache2/default-site/index.html /srv/default/index.html 2>/dev/null || cp /var/www/html/index.html /srv/default/
    rm -f /etc/apache2/sites-enabled/000-default.conf
    vhost apache /srv/default
    # On the applications' own addresses alone: the other servers have theirs.
    printf 'Listen 127.0.0.1:80\n' >/etc/apache2/ports.conf
    apachectl start
}

# --- Static sites, served by nginx

text() { printf '%s\n' '# Menuiserie du Lac' '' 'Escaliers et fenetres, sur mesure.'; }

static() {
    rm -rf /srv/static && mkdir -p /srv/static/src && cd /srv/static
    (mkdir -p src/doxygen out/doxygen && cd src/doxygen && text >index.md && printf 'INPUT=index.md\nPROJECT_NAME=Atelier\nUSE_MDFILE_AS_MAINPAGE=index.md\nGENERATE_LATEX=NO\nOUTPUT_DIRECTORY=/srv/static/out/doxygen\nHTML_OUTPUT=.\n' >Doxyfile && doxygen)
    (mkdir -p src/sphinx && cd src/sphinx && printf 'Atelier\n=======\n\nEscaliers.\n' >index.rst && printf 'project = "Atelier"\nhtml_theme = "alabaster"\n' >conf.py && sphinx-build -q . /srv/static/out/sphinx && sphinx-build -q -D html_theme=sphinx_rtd_theme . /srv/static/out/sphinx-rtd)
    (hugo new site src/hugo && cd src/hugo && mkdir -p layouts && printf '<!doctype html><html><head>{{ hugo.Generator }}<title>{{ .Site.Title }}</title></head><body>{{ .Content }}</body></html>' >layouts/index.html && hugo -d /srv/static/out/hugo)
    (mkdir -p src/jekyll && cd src/jekyll && { printf -- '---\nlayout: default\ntitle: Atelier\n---\n'; text; } >index.md; printf 'title: Atelier\nplugins: [jekyll-seo-tag]\n' >_config.yml; mkdir -p _layouts; printf '<!doctype html><html><head>{%% seo %%}</head><body>{{ content }}</body></html>' >_layouts/default.html; env -u BUNDLE_GEMFILE JEKYLL_NO_BUNDLER_REQUIRE=true jekyll build -d /srv/static/out/jekyll)
    (mkdir -p src/pelican/content && cd src/pelican && printf 'Title: Escaliers\nDate: 2026-01-01\n\nSur mesure.\n' >content/a.md && printf 'SITENAME = "Atelier"\nSITEURL = ""\nTIMEZONE = "Europe/Paris"\n' >pelicanconf.py && pelican content -s pelicanconf.py -o /srv/static/out/pelican)
    (mkdir -p src/mkdocs/docs && cd src/mkdocs && text >docs/index.md && printf 'site_name: Atelier\n' >mkdocs.yml && mkdocs build -d /srv/static/out/mkdocs && printf 'theme: readthedocs\n' >>mkdocs.yml && mkdocs build -d /srv/static/out/mkdocs-rtd && printf 'site_name: Atelier\ntheme:\n  name: material\n' >mkdocs.yml && mkdocs build -d /srv/static/out/mkdocs-material)
    (mkdir -p out/asciidoctor && printf '= Atelier\n:source-highlighter: highlight.js\n:stem:\n\nstem:[x^2]\n\n[source,ruby]\n----\nputs 1\n----\n' | asciidoctor -o out/asciidoctor/index.html -)
    (mkdir -p src/ikiwiki out/ikiwiki && text >src/ikiwiki/index.mdwn && ikiwiki src/ikiwiki out/ikiwiki --url http://ikiwiki.test --set wikiname=Atelier)
    cp -r /capture/static/. out/ # built outside with npm and pip, see capture.sh
}

# A page that loads each library as Debian serves it from /javascript; names come from sites.toml by the capture.
libraries() {
    mkdir -p /srv/static/out
    ln -sfn /usr/share/javascript /srv/javascript
    cp -r /capture/libraries/. /srv/static/out/
}

web_servers() {
    cat >/etc/nginx/sites-enabled/default <<'CONF'
server { listen 127.0.0.2:80 default_server; server_name nginx.test; root /var/www/html; index index.nginx-debian.html; }
server { listen 127.0.0.2:80; server_name ~^(?<site>[a-z0-9-]+)\.test$; root /srv/static/out/$site; index index.html;
         location /javascript/ { alias /usr/share/javascript/; } }
server { listen 127.0.0.2:80; server_name phpmyadmin.test; root /usr/share/phpmyadmin; index index.php;
         location ~ \.php$ { include fastcgi_params; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_pass unix:/run/php/php8.2-fpm.sock; } }
CONF
    sed -i 's/# server_tokens off/server_tokens on/' /etc/nginx/nginx.conf
    php-fpm8.2 --daemonize
    nginx
    sed 's/^server.port.*/server.port = 80\nserver.bind = "127.0.0.3"/; /use-ipv6/d' /etc/lighttpd/lighttpd.conf >/srv/lighttpd.conf
    rm -f /etc/lighttpd/conf-enabled/99gosa*; lighty-enable-mod cgi fastcgi-php
    ln -sfn /usr/share/adminer/adminer /var/www/html/adminer
    [ -f /var/www/html/index.lighttpd.html ] || echo '<h1>Placeholder page</h1>' >/var/www/html/index.lighttpd.html
    start lighttpd lighttpd -D -f /srv/lighttpd.conf
    printf 'defaults\n mode http\n timeout connect 5s\n timeout client 9s\n timeout server 9s\nfrontend f\n bind 127.0.0.4:80\n stats enable\n stats uri /\n' >/srv/haproxy.cfg
    start haproxy haproxy -f /srv/haproxy.cfg
    start varnish varnishd -F -a 127.0.0.5:80 -b 127.0.0.1:80 -n /srv/varnish
    printf 'http://caddy.test {\n bind 127.0.0.6\n root * /usr/share/caddy\n file_server\n}\nhttp://wordpress-caddy.test {\n bind 127.0.0.6\n reverse_proxy 127.0.0.1:80\n}\n' >/srv/Caddyfile
    start caddy env HOME=/srv caddy run --config /srv/Caddyfile --adapter caddyfile
    printf 'listen: {host: 127.0.0.7, port: 80}\nuser: nobody\nhosts: {default: {paths: {/: {file.dir: /var/www/html}}}}\n' >/srv/h2o.conf
    cp -f /srv/default/index.html /var/www/html/index.html
    start h2o h2o -c /srv/h2o.conf
    start webfs webfsd -F -i 127.0.0.8 -p 80 -r /usr/share/doc/webfs -f index.html
    start mini-httpd mini_httpd -D -h 127.0.0.10 -p 80 -d /var/www/html
    printf 'http_port 127.0.0.11:80 accel vhost defaultsite=wordpress.test\ncache_peer 127.0.0.1 parent 80 0 no-query originserver name=w\nhttp_access allow all\ncache_peer_access w allow all\nvisible_hostname squid.test\npid_filename none\n' >/srv/squid.conf
    start squid squid -N -f /srv/squid.conf
}

# --- Programs that are their own server

java() {
    mkdir -p /srv/tomcat && cp -rn /var/lib/tomcat10/. /srv/tomcat/ 2>/dev/null
    mkdir -p /srv/tomcat/{conf,logs,work,temp,webapps}; cp -rn /etc/tomcat10/. /srv/tomcat/conf/
    sed -i 's/port="8080"/port="80" address="127.0.0.13"/' /srv/tomcat/conf/server.xml
    mkdir -p /srv/tomcat/webapps/examples && cp -rn /usr/share/tomcat10-examples/examples/. /srv/tomcat/webapps/examples/ 2>/dev/null
    start tomcat env CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=/srv/tomcat /usr/share/tomcat10/bin/catalina.sh run
    mkdir -p /srv/jetty/webapps/root && cp -f /srv/default/index.html /srv/jetty/webapps/root/
    (cd /srv/jetty && start jetty java -jar /usr/share/jetty9/start.jar jetty.home=/usr/share/jetty9 jetty.base=/srv/jetty --module=http,deploy,webapp jetty.http.host=127.0.0.14 jetty.http.port=80)
}

python_and_others() {
    mkdir -p /srv/django && cd /srv/django && { [ -f manage.py ] || django-admin startproject atelier .; }
    sed -i "s/ALLOWED_HOSTS = .*/ALLOWED_HOSTS = ['*']/; s/^DEBUG = .*/DEBUG = True/" atelier/settings.py
    python3 manage.py migrate
    start django gunicorn -b 127.0.0.15:80 atelier.wsgi
    start django-uwsgi uwsgi --plugin http,python3 --http-socket 127.0.0.16:80 --module atelier.wsgi --chdir /srv/django
    start runserver python3 manage.py runserver 127.0.0.17:80 --noreload
    start prometheus prometheus --web.listen-address=127.0.0.18:80 --storage.tsdb.path=/srv/prometheus --config.file=/etc/prometheus/prometheus.yml
    printf '[server]\nhosts = 127.0.0.19:80\n[storage]\nfilesystem_folder = /srv/radicale\n[auth]\ntype = none\n' >/srv/radicale.conf
    start radicale radicale --config /srv/radicale.conf
    rm -f /srv/atelier.fossil; fossil init --admin-user root /srv/atelier.fossil
    start fossil env HOME=/srv fossil server --port 127.0.0.20:80 /srv/atelier.fossil
    mkdir -p /srv/hg && (cd /srv/hg && hg init)
    start mercurial hg serve -R /srv/hg -a 127.0.0.21 -p 80
    start transmission transmission-daemon -f --config-dir /srv/transmission -r 127.0.0.22 -p 80 --no-auth
    start deluge deluge-web -d -i 127.0.0.23 -p 80 -c /srv/deluge
    start cockpit env G_MESSAGES_DEBUG=all /usr/lib/cockpit/cockpit-ws --no-tls -a 127.0.0.24 -p 80
    start syncthing env HOME=/srv syncthing serve --gui-address=127.0.0.25:80 --no-browser --home=/srv/syncthing
    start jupyter jupyter-notebook --NotebookApp.allow_remote_access=True --allow-root --no-browser --ip=127.0.0.26 --port=80
    mkdir -p /srv/icecast; sed 's|<port>8000</port>|<port>8080</port><bind-address>127.0.0.27</bind-address>|; s|<logdir>.*</logdir>|<logdir>/tmp</logdir>|' /etc/icecast2/icecast.xml >/srv/icecast.xml
    chmod 644 /srv/icecast.xml; start icecast su nobody -s /bin/sh -c 'icecast2 -c /srv/icecast.xml'
    start netdata netdata -D -i 127.0.0.28 -p 80
    rabbitmq-plugins enable --offline rabbitmq_management
    mkdir -p /srv/rabbit
    printf 'management.tcp.ip = 127.0.0.29\nmanagement.tcp.port = 8080\n' >/etc/rabbitmq/rabbitmq.conf
    chown -R rabbitmq: /srv/rabbit /etc/rabbitmq; start rabbitmq env HOME=/srv/rabbit RABBITMQ_MNESIA_BASE=/srv/rabbit RABBITMQ_LOG_BASE=/srv/rabbit RABBITMQ_NODENAME=r@localhost rabbitmq-server
    start didiwiki didiwiki --listen 127.0.0.31 --port 80 --home /srv
}


for one in mariadb wordpress mediawiki dokuwiki roundcube cacti tt_rss plain_php cgi static libraries apache web_servers java python_and_others; do
    step "$one"
done
