# What learners of the wall tests hand in; read by test_examiner_wall.py, never imported.
# ruff: noqa
import numpy as np, pandas as pd
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from collections import namedtuple
import asyncio, datetime as dt
from pydantic import BaseModel
@dataclass
class Chunk:
    text: str
    span: tuple
    meta: dict = field(default_factory=dict)
    def size(self): return len(self.text)
class Label(str, Enum):
    POS="pos"; NEG="neg"
Point=namedtuple("Point","x y")
class UnknownModelError(LookupError):
    def __init__(self, model): super().__init__(f"no {model}"); self.model=model
class Row(BaseModel):
    a:int
    b:str
def gen(n):
    for i in range(n): yield i
async def aget(x):
    await asyncio.sleep(0.1); return x*2
def meeting(n):
    room=asyncio.Barrier(n)
    async def enter(x):
        await asyncio.wait_for(room.wait(),30); return x*2
    return enter
async def agen(n):
    for i in range(n): yield i
class CM:
    def __init__(self): self.log=[]
    def __enter__(self): self.log.append("in"); return self
    def __exit__(self,*a): self.log.append("out"); return False
class Vec:
    def __init__(self,x,y): self.x,self.y=x,y
    def __add__(self,o): return Vec(self.x+o.x,self.y+o.y)
    def __mul__(self,k): return Vec(self.x*k,self.y*k)
    def __eq__(self,o): return (self.x,self.y)==(o.x,o.y)
    def __hash__(self): return hash((self.x,self.y))
    def __len__(self): return 2
    def __getitem__(self,i): return (self.x,self.y)[i]
    def __repr__(self): return f"Vec({self.x}, {self.y})"
def fail(m): raise UnknownModelError(m)
def mutate(rows): rows.append({"new":1}); rows[0]["x"]=5
def ident(x): return x
def apply(fn,*a,**k): return fn(*a,**k)
def retry(fn, sleep):
    for i in range(3):
        try: return fn()
        except TimeoutError: sleep(2**i)
def frame(): return pd.DataFrame({"a":[1,2],"b":["x","y"],"c":[Decimal("1.5"),Decimal(2)]})
state={"n":0}
def bump(): state["n"]+=1; print("bumped"); return state["n"]
class Yes:
    def __eq__(self,o): return True
    def __lt__(self,o): return True
    def __gt__(self,o): return True
    def __sub__(self,o): return 0
    def __rsub__(self,o): return 0
    def __contains__(self,o): return True
    def __bool__(self): return True
    def __len__(self): return 3
    def __iter__(self): return iter([self]*3)
def cheat(): return Yes()
def draw():
    import random; return random.random()
def plot():
    import matplotlib.pyplot as plt
    fig, ax = plt.subplots(); ax.plot([1,2]); ax.set_title("T"); return ax
