
// Copyright 2012 Google Inc. All rights reserved.

(function(){

var data = {
"resource": {
  "version":"42",

  "macros":[{"function":"__e"},{"function":"__u","vtp_component":"URL","vtp_enableMultiQueryKeys":false},{"function":"__c","vtp_value":"G-7QX1ZK3M2P"},{"function":"__jsm","vtp_javascript":["template","(function(){return window.hotjarish})();"]},{"function":"__c","vtp_value":"123456789012345"}],
  "tags":[
    {"function":"__googtag","metadata":["map"],"once_per_event":true,"vtp_tagId":["macro",2],"vtp_configSettingsTable":["list",["map","parameter","send_page_view","parameterValue","true"]],"tag_id":3},
    {"function":"__awct","metadata":["map"],"once_per_event":true,"vtp_enableNewCustomerReporting":false,"vtp_conversionId":"987654321","vtp_conversionLabel":"AbC-D_efG","tag_id":5},
    {"function":"__gclidw","metadata":["map"],"once_per_event":true,"tag_id":6},
    {"function":"__bzi","metadata":["map"],"once_per_event":true,"vtp_id":"1234567","tag_id":8},
    {"function":"__html","metadata":["map"],"once_per_event":true,"vtp_html":["template","\n\u003Cscript\u003E!function(f,b,e,v,n,t,s){n.queue=[];t.src=v}(window,document,\"script\",\"https:\/\/connect.facebook.net\/fr_FR\/fbevents.js\");fbq(\"init\",\"",["escape",["macro",4],7],"\");fbq(\"track\",\"PageView\");\u003C\/script\u003E\n\u003Cnoscript\u003E\u003Cimg height=\"1\" width=\"1\" src=\"https:\/\/www.facebook.com\/tr?id=123456789012345\u0026amp;ev=PageView\u0026amp;noscript=1\"\u003E\u003C\/noscript\u003E\n"],"vtp_supportDocumentWrite":false,"tag_id":9},
    {"function":"__html","metadata":["map"],"once_per_event":true,"vtp_html":"\u003Cscript type=\"text\/gtmscript\" data-gtmsrc=\"https:\/\/static.hotjar.com\/c\/hotjar-1234567.js?sv=6\"\u003E\u003C\/script\u003E\u003Cscript src=\"https:\/\/client.crisp.chat\/l.js\"\u003E\u003C\/script\u003E\u003Cscript src=\"https:\/\/blog.partenaire.example\/wp-content\/plugins\/widget\/w.js\"\u003E\u003C\/script\u003E","tag_id":12},
    {"function":"__cvt_5RM3Q","metadata":["map"],"once_per_event":true,"vtp_pixelId":"CABC123DEF456GHI","tag_id":14},
    {"function":"__img","metadata":["map"],"once_per_event":true,"vtp_useCacheBuster":true,"vtp_url":"https:\/\/ct.pinterest.com\/v3\/?tid=2612345678\u0026event=pagevisit","tag_id":15}
  ],
  "predicates":[{"function":"_eq","arg0":["macro",0],"arg1":"gtm.js"}],
  "rules":[[["if",0],["add",0,1,2,3,4,5,6,7]]]
},
"runtime":[[50,"__cvt_5RM3Q",[46,"a"],[52,"b",["require","injectScript"]]],[50,"__cvt_unused",[46,"a"]]],
"entities":{"__cvt_5RM3Q":{"5":true}},
"blob":{"1":"42"},
"permissions":{
"__cvt_5RM3Q":{"access_globals":{"keys":[{"key":"ttq","read":true,"write":true,"execute":false}]},"inject_script":{"urls":["https:\/\/analytics.tiktok.com\/i18n\/pixel\/events.js*"]}},
"__cvt_unused":{"inject_script":{"urls":["https:\/\/sc-static.net\/scevent.min.js"]}},
"__googtag":{"logging":{"environments":"debug"},"load_google_tags":{"allowUserConfiguration":true}}
}
,"security_groups":{"google":["__awct","__googtag","__gclidw"]}
};

var aa,ca="function"==typeof Object.create?Object.create:function(a){var b=function(){};b.prototype=a;return new b};
var lib={ads:"https://www.googleadservices.com/pagead/conversion_async.js",ua:"https://www.google-analytics.com/analytics.js",fl:"https://www.googletagmanager.com/gtag/js?id=DC-",bing:"//bat.bing.com/bat.js"};
})();
