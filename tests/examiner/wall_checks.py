# Checks of the wall tests, a section each, in one notebook; read by test_examiner_wall.py, never imported.
# "| wall only" marks those that one process would get wrong.
# ruff: noqa

# %% dataclass
c=Chunk("ab",(0,2)); assert c.text=="ab" and c.size()==2; assert c==Chunk("ab",(0,2)); assert c!=Chunk("x",(0,2)); assert isinstance(c,Chunk)
import dataclasses; assert dataclasses.asdict(c)=={"text":"ab","span":(0,2),"meta":{}}
assert dataclasses.is_dataclass(c)
assert [f.name for f in dataclasses.fields(c)]==["text","span","meta"]

# %% str enum
assert Label.POS=="pos"; assert ident(Label.POS)=="pos"; assert Label.POS.value=="pos"; assert Label("neg") is Label.NEG or Label("neg")==Label.NEG; assert [l.name for l in Label]==["POS","NEG"]; assert isinstance(Label.POS, str)

# %% namedtuple
p=Point(1,2); assert p==(1,2); assert p.x==1; a,b=p; assert isinstance(p,Point); assert isinstance(p, tuple)

# %% exceptions with attributes
import pytest
with pytest.raises(UnknownModelError) as e: fail("gpt")
assert e.value.model=="gpt" and "no gpt" in str(e.value)
with pytest.raises(LookupError): fail("z")
try: fail("q")
except UnknownModelError as err: assert err.model=="q"
assert issubclass(UnknownModelError, LookupError)
assert type(e.value).__name__=="UnknownModelError"
with pytest.raises(UnknownModelError, match="no zz"): raise UnknownModelError("zz")

# %% arguments changed in place
rows=[{"x":1}]; mutate(rows); assert rows==[{"x":5},{"new":1}], rows; assert ident(rows) is rows

# %% generators
assert list(gen(3))==[0,1,2]; g=gen(2); assert next(g)==0; import inspect; assert inspect.isgenerator(g); assert inspect.isgeneratorfunction(gen) or True
import types; assert isinstance(g, types.GeneratorType)

# %% await and gather
assert (await aget(2))==4
import asyncio
enter=meeting(10); assert await asyncio.gather(*[enter(i) for i in range(10)])==[i*2 for i in range(10)]
out=[x async for x in agen(3)]; assert out==[0,1,2]
assert inspect.iscoroutinefunction(aget) or True

# %% asyncio run
assert asyncio.run(aget(5))==10

# %% context manager
cm=CM()
with cm as c: assert c is cm
assert cm.log==["in","out"]

# %% operators
assert Vec(1,2)+Vec(1,1)==Vec(2,3); assert (Vec(1,2)*2).x==2; assert len(Vec(1,2))==2; assert Vec(1,2)[1]==2; assert repr(Vec(1,2))=="Vec(1, 2)"; assert len({Vec(1,2),Vec(1,2)})==1; assert list(Vec(3,4))==[3,4] if hasattr(Vec,"__iter__") else True

# %% doubles that fail
naps=[]; tries=[]
def flaky():
    tries.append(1)
    if len(tries)<3: raise TimeoutError("slow")
    return 42
assert retry(flaky, naps.append)==42 and naps==[1,2]

# %% tables and arrays
df=frame(); assert list(df.columns)==["a","b","c"]; assert df.a.sum()==3; import pandas as pd; assert isinstance(df,pd.DataFrame); from decimal import Decimal; assert df.c.iloc[0]==Decimal("1.5")
pd.testing.assert_frame_equal(df, ident(df))
import numpy as np; np.testing.assert_allclose(ident(np.arange(3.0)),[0,1,2]); assert ident(np.float64(2)).dtype==np.float64; assert type(ident(np.float32(1)))is np.float32

# %% globals and del
n=bump(); assert n==1; assert state=={"n":1}; del bump
try: bump; assert False,"still there"
except NameError: pass

# %% objects equal to everything | wall only
y=cheat(); assert not (y==3); assert y!=3; assert not(3==y)
for bad in (lambda: y<3, lambda: abs(y-3)<1e-6, lambda: abs(3-y)<1e-6):
    try: r=bad()
    except TypeError: r=False
    assert not r
assert not (5 in y)
assert not ([1,2,3]==y); assert y != [1,2,3]

# %% signatures and sources
import inspect; s=inspect.signature(ident); assert list(s.parameters)==["x"]; assert inspect.signature(apply).parameters["fn"].kind==inspect.Parameter.POSITIONAL_OR_KEYWORD; assert callable(ident) and not callable(Vec(1,2)); assert ident.__name__=="ident"; assert inspect.isfunction(ident); assert inspect.isclass(Vec)
assert inspect.getsource(ident).startswith("def ident")

# %% pydantic models
from anthropic.types import Message
m=Message.model_validate({"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":None,"usage":{"input_tokens":1,"output_tokens":2}})
assert apply(lambda v: v.content[0].text, m)=="hi"
r=ident(m); assert r.usage.input_tokens==1; assert isinstance(r, Message), type(r)
row=Row(a=1,b="x"); assert row.model_dump()=={"a":1,"b":"x"}; assert row==Row(a=1,b="x"); import pydantic
with pytest.raises(pydantic.ValidationError): Row(a="q",b=1)

# %% namespaces as fake clients
from types import SimpleNamespace as NS
calls=[]
def create(**k): calls.append(k); return NS(data=[NS(embedding=[1.0])])
def use_it(): pass
assert apply(lambda c: c.embeddings.create(model="m",input=["x"]).data[0].embedding, NS(embeddings=NS(create=create)))==[1.0]; assert calls==[{"model":"m","input":["x"]}]

# %% figures
import matplotlib.pyplot as plt
ax=plot(); assert ax.get_title()=="T"; assert len(ax.lines)==1; assert len(plt.gcf().axes)==1

# %% mocks, rngs and buffers
from unittest.mock import Mock
mock=Mock(return_value=7); assert apply(mock, 1, k=2)==7; mock.assert_called_once_with(1,k=2)
import random
rng=random.Random(3); want=random.Random(3).random(); assert apply(rng.random)==want
import io
buf=io.StringIO()
print(apply(lambda b: b.write("x"), buf)); assert buf.getvalue()=="x"

# %% files
from pathlib import Path
import tempfile
Path("in.txt").write_text("hello")
assert apply(lambda p: open(p).read(), "in.txt")=="hello"
with tempfile.TemporaryDirectory() as d:
    apply(lambda p: open(p+"/z","w").write("q"), d); assert (Path(d)/"z").read_text()=="q"
import os; assert os.path.abspath("in.txt")==apply(os.path.abspath,"in.txt")

# %% exceptions of the check | wall only
with pytest.raises(ZeroDivisionError): apply(lambda: 1/0)
class Mine(Exception): pass
def boom(): raise Mine("q")
with pytest.raises(Mine): apply(boom)
import sqlite3
with pytest.raises(TypeError): apply(print, sqlite3.connect(":memory:"))

# %% functions as arguments
def check(v): return v*2
assert apply(check, 4)==8
assert sorted([3,1,2], key=ident)==[1,2,3]; assert list(map(ident,[1,2]))==[1,2]; assert max([1,5,2],key=ident)==5
assert [x for x in map(ident, "ab")]==["a","b"]
assert "bump" not in globals(); assert "ident" in globals(); assert globals()["ident"](3)==3
assert eval("ident(4)")==4

# %% unittest
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(ident(1),1)
    def test_b(self): self.assertRaises(UnknownModelError, fail, "x")
r=unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T)); assert r.wasSuccessful()

# %% unittest main | wall only
import unittest
class T2(unittest.TestCase):
    def test_a(self): self.assertEqual(ident(1),1)
unittest.main(argv=["x","T2"], exit=False)

# %% seeds
import random, numpy as np
random.seed(5); a=draw(); random.seed(5); assert random.random()==a

