/** The pages' only style sheet. Fonts, images and scripts are not loaded from anywhere; the pages' policy allows none. */
export const style = `
:root{color-scheme:light dark;--ground:#f4f5f2;--card:#fff;--ink:#1b1f1d;--soft:#5b645f;--line:#d5dad6;--field:#fff;
--accent:#1f6b4f;--accent-ink:#fff;--tint:#eaf3ee;--bad:#a32020;--bad-tint:#fdf0ef;--focus:#0b66c3}
@media (prefers-color-scheme:dark){:root{--ground:#121513;--card:#1a1f1c;--ink:#e9eeea;--soft:#a3aea7;--line:#343c37;
--field:#121513;--accent:#6fcf9f;--accent-ink:#0c1a13;--tint:#1e2b24;--bad:#ff9d94;--bad-tint:#2d1d1b;--focus:#7cb8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:42rem;margin:0 auto;padding:clamp(1.25rem,5vw,4rem) clamp(1rem,4vw,1.5rem) 4rem}
header{display:flex;align-items:center;gap:.6rem;color:var(--soft);font-size:.9rem;margin-bottom:1.5rem}
header svg{width:1.6rem;height:1.6rem;color:var(--accent);flex:none}
header b{color:var(--ink);font-weight:650}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:clamp(1.25rem,4vw,2.25rem)}
h1{font-size:clamp(1.45rem,4vw,1.85rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .6rem;text-wrap:balance}
h2{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:0 0 1rem;max-width:60ch}.lead{color:var(--soft)}
a{color:var(--accent)}
fieldset,.field{border:0;margin:0 0 1.6rem;padding:0;min-width:0}
legend,.field>label{font-weight:600;padding:0;margin:0 0 .4rem;display:block}
.hint{color:var(--soft);font-size:.9rem;margin:.35rem 0 0}
input[type=text],textarea{width:100%;font:inherit;color:inherit;background:var(--field);border:1px solid var(--line);
border-radius:8px;padding:.6rem .75rem}
textarea{font:.85rem/1.45 ui-monospace,SFMono-Regular,Menlo,monospace;min-height:9rem;resize:vertical}
input[aria-invalid=true],textarea[aria-invalid=true]{border-color:var(--bad);background:var(--bad-tint)}
.fault{color:var(--bad);font-size:.9rem;margin:.4rem 0 0;font-weight:550}
.choice{display:grid;grid-template-columns:auto 1fr;gap:.1rem .75rem;align-items:start;border:1px solid var(--line);
border-radius:10px;padding:.8rem .95rem;margin:0 0 .55rem;cursor:pointer}
.choice:has(:checked){border-color:var(--accent);background:var(--tint)}
.choice input{grid-row:span 2;width:1.1rem;height:1.1rem;margin:.25rem 0 0;accent-color:var(--accent)}
.choice span{font-weight:600}.choice small{grid-column:2;color:var(--soft);font-size:.9rem}
form:has([name=owner][value=account]:checked) .organization{display:none}
button,.button{display:inline-block;font:inherit;font-weight:650;color:var(--accent-ink);background:var(--accent);border:0;
border-radius:9px;padding:.75rem 1.35rem;cursor:pointer;text-decoration:none;text-align:center}
button:hover,.button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.actions{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin-top:.5rem}
.note{border-left:4px solid var(--accent);background:var(--tint);border-radius:0 8px 8px 0;padding:.75rem 1rem;margin:0 0 1.5rem}
.note.bad{border-color:var(--bad);background:var(--bad-tint)}
.note :last-child{margin-bottom:0}
.note ul{margin:.4rem 0 0;padding-left:1.2rem}.note.bad a{color:var(--bad)}
dl{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.55rem 1.25rem;margin:0 0 1.5rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace;background:var(--tint);border-radius:5px;padding:.12em .35em;
overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;margin:0 0 1.5rem}
th,td{text-align:left;vertical-align:top;padding:.55rem .75rem .55rem 0;border-top:1px solid var(--line)}
th{font-weight:600}td:last-child{color:var(--soft);padding-right:0}
ol{padding-left:1.3rem;margin:0 0 1rem}li{margin:.35rem 0}
footer{color:var(--soft);font-size:.85rem;margin-top:1.25rem}
@media (max-width:32rem){dl{grid-template-columns:1fr;gap:.1rem}dd{margin-bottom:.6rem}button,.button{width:100%}
.wide{display:none}}
`.trim();
