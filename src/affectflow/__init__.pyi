from affectflow.prediction.api import System as System
from affectflow.prediction.api import load_system as load_system

__version__: str
