import sys,os,time,json,subprocess
CL='/root/w/F/clone'
sys.path[:0]=[CL,CL+'/scripts']
from pathlib import Path
from conformance.mixed import *
import pygo_cross.opt.literalnames as ln, pygo_cross.opt.pipeline as pl
def rename(funcs):
    made=ln.rename(funcs); print('   ',len(funcs),'funcs',len(made),'copies',[m.symbol for m in made][:6],sum(f.value_count for f in made)/max(1,sum(f.value_count for f in funcs))); return made
pl.rename=rename
kit=Kit(Path('/root/w/F/kit3'),PATTERNS)
for path in [a for a in sys.argv[1:] if not a.startswith('-')]:
    out=subprocess.run(['go','list','-json=Dir,GoFiles,SFiles,ImportMap',path],env=environment('linux/amd64'),capture_output=True,text=True).stdout
    pk=json.loads(out)
    files=[os.path.join(pk['Dir'],n) for n in pk['GoFiles']]
    cfg=kit.folder/('cfg.'+path.replace('/','%'))
    mapped="".join(f"importmap {a}={b}\n" for a,b in pk.get("ImportMap",{}).items())
    cfg.write_text(mapped+kit.config.read_text())
    words=["-p",path,"-std",f"-lang={LANGUAGE}","-pack","-importcfg",str(cfg),"-o","/dev/null","-d=ssa/check"]
    t=time.process_time()
    try:
        c=Compilation(Flags([*words,*files]),kit.environment,kit.goroot,Store(None),pk['Dir']).compile()
        print(path,'%.2f s'%(time.process_time()-t),len(c.data),flush=True)
    except (InternalError,UserError) as e: print(path,'ERR',str(e)[:300],flush=True)
